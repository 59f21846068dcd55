"""What changes in a repository on Hugging Face, and what the version is called there."""

from __future__ import annotations

import re
from collections.abc import Callable

from slimhub.common import files
from slimhub.common.errors import PublishError, option
from slimhub.publish.destinations.destination import Change
from slimhub.publish.destinations.huggingface import huggingface_tree
from slimhub.publish.destinations.huggingface.huggingface_tree import Tree
from slimhub.publish.handle import Handle
from slimhub.publish.package import Package

README = "README.md"
CREATE, UPLOAD, WRITE = "create repository", "upload", "write"
DELETE, TAG = "delete", "create tag"
ACTIONS = (CREATE, UPLOAD, WRITE, DELETE, TAG)
_VERSION_TAG = re.compile(r"v(\d+)", re.ASCII)


def tag_of(handle: str) -> str:
    """The tag of a version.

    Args:
      handle: `PUBLISHER/NAME/VERSION`.
    """
    return f"v{Handle.parse(handle).version}"


def newest_tag(tags: list[str]) -> str:
    """The tag of the newest version; `v0` where there is none.

    Args:
      tags: all there are.
    """
    return f"v{_newest(tags)}"


def choose_tag(package: Package, tags: list[str], tree: Callable[[str], Tree]) -> str:
    """The tag of a version: by its handle, or that of the same bytes, or the next one.

    Args:
      package: to be published.
      tags: all there are.
      tree: gives the files of a tag.

    Raises:
      PublishError: where the handle's version is there with other bytes, or the README to be
        overwritten is that of a newer version.
    """
    newest = _newest(tags)
    if package.handle is None:
        is_there = newest and not differing(tree(f"v{newest}"), package)
        return f"v{newest if is_there else newest + 1}"
    tag = tag_of(package.handle)
    if package.overwrite_card and tag != newest_tag([*tags, tag]):
        raise PublishError(
            f"the README on Hugging Face is that of v{newest}, which is newer than {tag}: leave "
            f"{option('overwrite_card')} out"
        )
    if tag in tags and (others := differing(tree(tag), package)):
        following = f"{Handle.parse(package.handle).model}/{newest + 1}"
        raise PublishError(
            f"Hugging Face has {tag} with other content ({', '.join(others[:3])} differ), and a "
            f"version never changes: publish it as {option('handle', following)}"
        )
    return tag


def differing(tree: Tree, package: Package) -> list[str]:
    """Files of a SavedModel that are not the same here and there.

    Args:
      tree: of a revision.
      package: to be published.
    """
    return [*huggingface_tree.changed(tree, package), *huggingface_tree.stale(tree, package)]


def of_commit(
    package: Package, tree: Tree, texts: dict[str, str], *, only_texts: bool
) -> list[Change]:
    """Changes of one commit.

    Args:
      package: to be published.
      tree: files that are there.
      texts: to be written, by path.
      only_texts: whether the package's files are left alone.
    """
    writes = [Change(WRITE, name, files.digest_text(text)) for name, text in texts.items()]
    if only_texts:
        return writes
    changed = huggingface_tree.changed(tree, package)
    return [
        *(Change(UPLOAD, name, package.files[name]) for name in changed),
        *writes,
        *(Change(DELETE, name) for name in huggingface_tree.stale(tree, package)),
    ]


def _newest(tags: list[str]) -> int:
    found = map(_VERSION_TAG.fullmatch, tags)
    return max((int(match[1]) for match in found if match), default=0)
