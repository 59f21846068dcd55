"""What changes in a repository on Hugging Face, and the version's tag."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from pathlib import Path

from slimhub.common import files
from slimhub.common.errors import PublishError, option
from slimhub.publish.destinations.destination import Change
from slimhub.publish.destinations.huggingface import huggingface_tree
from slimhub.publish.destinations.huggingface.huggingface_tree import Tree
from slimhub.publish.handle import Handle
from slimhub.publish.package import Package, is_format

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
    """The tag of the newest version; `v0` if there is none.

    Args:
      tags: all existing tags.
    """
    return f"v{_newest(tags)}"


def choose_tag(package: Package, tags: list[str], tree: Callable[[str], Tree]) -> str:
    """The tag of a version: from its handle, or the one with the same bytes, or the next one.

    Args:
      package: to be published.
      tags: all existing tags.
      tree: returns the files of a tag.

    Raises:
      PublishError: if the handle's version exists with other bytes, or the README to be overwritten
        belongs to a newer version.
    """
    newest = _newest(tags)
    if package.handle is None:
        is_there = newest and not differing(tree(f"v{newest}"), package)
        return f"v{newest if is_there else newest + 1}"
    tag = tag_of(package.handle)
    if package.overwrite_card and tag != newest_tag([*tags, tag]):
        raise PublishError(
            f"the README on Hugging Face belongs to v{newest}, which is newer than {tag}: leave "
            f"{option('overwrite_card')} out"
        )
    if tag in tags and (others := differing(tree(tag), package)):
        following = f"{Handle.parse(package.handle).model}/{newest + 1}"
        raise PublishError(
            f"Hugging Face has {tag} with other content ({', '.join(others[:3])} differ), and "
            f"versions never change: publish it as {option('handle', following)}"
        )
    return tag


def differing(tree: Tree, package: Package) -> list[str]:
    """Files of a version that differ here and there.

    Files of other formats that are there do not differ from a package that says nothing of them and
    has the same SavedModel: they were made from it.

    Args:
      tree: of a revision.
      package: to be published.
    """
    changed = huggingface_tree.changed(tree, package)
    stale = huggingface_tree.stale(tree, package)
    if not changed and not package.also:
        stale = [name for name in stale if not is_format(name)]
    return [*changed, *stale]


def with_formats_of(tree: Tree, package: Package) -> Package:
    """A package whose card names the files of other formats that its version has.

    Args:
      tree: of the version, empty for a new one.
      package: to be published.
    """
    if package.also:
        return package
    kept = {Path(name).suffix: Path(name) for name in tree if is_format(name)}
    return dataclasses.replace(package, also=kept or None)


def of_commit(
    package: Package, tree: Tree, texts: dict[str, str], *, only_texts: bool
) -> list[Change]:
    """Changes of one commit.

    Args:
      package: to be published.
      tree: existing files.
      texts: to write, by path.
      only_texts: whether to leave the package's files alone.
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
