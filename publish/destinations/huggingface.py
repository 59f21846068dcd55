"""Repositories of models on Hugging Face."""

from __future__ import annotations

import dataclasses
import hashlib
import re
from typing import TYPE_CHECKING

from export.errors import RequestError
from publish import cards, extras
from publish.destinations import huggingface_tree, licences
from publish.destinations.destination import Change, File, Package, Plan, Transfer
from publish.errors import PublishError
from publish.handle import Handle

if TYPE_CHECKING:
    from publish.destinations.huggingface_api import Api
    from publish.destinations.huggingface_tree import Tree

_SCHEME = "hf://"
_FORM = f"{_SCHEME}OWNER/NAME"
_NAME = re.compile(r"\w([\w.-]{0,94}\w)?", re.ASCII)
_OTHER_KINDS = ("datasets", "spaces", "models", "buckets", "kernels")
_VERSION_TAG = re.compile(r"v(\d+)", re.ASCII)
README = "README.md"
_CREATE, _UPLOAD, _WRITE = "create repository", "upload", "write"
_DELETE, _TAG = "delete", "create tag"


@dataclasses.dataclass(frozen=True)
class HuggingFace:
    """A repository of a model.

    Attributes:
      owner: user or organization.
      name: of the repository.
    """

    owner: str
    name: str

    def __str__(self) -> str:
        return f"{_SCHEME}{self.repository}"

    @property
    def repository(self) -> str:
        """What Hugging Face calls it."""
        return f"{self.owner}/{self.name}"

    @classmethod
    def parse(cls, target: str) -> HuggingFace:
        """Reads a target such as `hf://owner/name`.

        Args:
          target: of the command line.

        Raises:
          RequestError: says which part is wrong.
        """
        parts = target.removeprefix(_SCHEME).split("/")
        if not target.startswith(_SCHEME) or len(parts) != 2 or parts[0] in _OTHER_KINDS:
            raise RequestError(f"the target '{target}' is not {_FORM}")
        if "@" in parts[1]:
            raise RequestError(
                f"the target '{target}' names a revision: leave '@{parts[1].partition('@')[2]}' "
                "out, the version is that of --handle"
            )
        for kind, part in zip(("owner", "name"), parts, strict=True):
            if not _NAME.fullmatch(part) or "--" in part or ".." in part or part.endswith(".git"):
                raise RequestError(
                    f"the {kind} '{part}' in the target '{target}' must be letters, digits, _, . "
                    "and -, 96 at most, beginning and ending in a letter or digit, without -- or "
                    ".., and not ending in .git"
                )
        return cls(*parts)

    def check(self, package: Package) -> None:
        """Refuses, without the network, what Hugging Face would refuse later.

        Args:
          package: to be published.

        Raises:
          RequestError: for a licence that it does not have, without the extra `huggingface`, and
            without a token.
        """
        licences.check(package.license, licences.HUGGING_FACE, "Hugging Face")
        extras.need("jinja2", "huggingface_hub", extra="huggingface")
        _check_token()

    def plan(self, package: Package) -> Plan:
        """Compares with the digests that are there.

        Args:
          package: to be published.

        Raises:
          PublishError: where Hugging Face cannot be asked, or has other bytes under the version.
        """
        api = _api(self)
        tags = api.tags()
        tree = {} if tags is None else api.tree()
        tag = _tag(package, tags or [], api)
        load = _load(self.repository, tag)
        license = licences.HUGGING_FACE.get(package.license or "")
        card = cards.huggingface(package, load, self.name, license)
        is_kept = README in tree and (not package.overwrite_card or tree[README].is_text(card))
        written = {} if is_kept else {README: card}
        is_tagged = tags is not None and tag in tags
        changes = [
            *([Change(_CREATE, self.repository)] if tags is None else []),
            *([] if is_tagged else _uploads(package, tree)),
            *(Change(_WRITE, name, _file(text)) for name, text in written.items()),
            *([] if is_tagged else _deletions(package, tree)),
            *([] if is_tagged else [Change(_TAG, tag)]),
        ]
        url = f"{api.endpoint}/{self.repository}/tree/{tag}"
        return Plan(tuple(changes), written, url, load)

    def send(self, package: Package, plan: Plan, transfer: Transfer) -> None:
        """Carries a plan out; files, card and deletions are one commit.

        Args:
          package: to be published.
          plan: of `plan`.
          transfer: is told of the uploads.

        Raises:
          PublishError: says what Hugging Face refused.
        """
        from publish.destinations.huggingface_api import MAIN, Commit

        api, revision = _api(self), MAIN
        named = {
            action: [change.name for change in plan.changes if change.action == action]
            for action in (_CREATE, _UPLOAD, _WRITE, _DELETE, _TAG)
        }
        if named[_CREATE]:
            api.create()
        if named[_UPLOAD] or named[_WRITE] or named[_DELETE]:
            message = f"Publish {package.content['network']['name']} with slimhub"
            files, deleted = named[_UPLOAD], named[_DELETE]
            commit = Commit(package, files, plan.cards, deleted, message)
            revision = api.commit(commit, transfer)
        for tag in named[_TAG]:
            api.tag(tag, revision)

    def confirm(self, package: Package, plan: Plan) -> None:
        """Compares the digests that Hugging Face tells.

        Args:
          package: that was published.
          plan: that was carried out.

        Raises:
          PublishError: names what differs.
        """
        api = _api(self)
        tag = plan.url.rpartition("/")[2]
        differing = _differing(api.tree(tag), package)
        tree = api.tree() if plan.cards else {}
        differing += [
            name
            for name, text in plan.cards.items()
            if name not in tree or not tree[name].is_text(text)
        ]
        if differing:
            raise PublishError(
                f"{tag} of {self.repository} on Hugging Face is not what was sent: "
                f"{', '.join(differing[:3])} differ; delete that tag there and publish again"
            )


def _api(place: HuggingFace) -> Api:
    from publish.destinations.huggingface_api import Api

    return Api(place.repository, str(place))


def _check_token() -> None:
    import huggingface_hub

    from publish.destinations.huggingface_api import CREDENTIALS

    if not huggingface_hub.get_token():
        raise RequestError(
            "there is no token for Hugging Face: make one that may write at "
            f"huggingface.co/settings/tokens and give it as {CREDENTIALS}"
        )


def _tag(package: Package, tags: list[str], api: Api) -> str:
    """The tag of a version: the handle's number, or that of the same bytes, or the next one."""
    numbers = sorted(int(found[1]) for found in map(_VERSION_TAG.fullmatch, tags) if found)
    if package.handle is None:
        if numbers and not _differing(api.tree(f"v{numbers[-1]}"), package):
            return f"v{numbers[-1]}"
        return f"v{max(numbers, default=0) + 1}"
    handle = Handle.parse(package.handle)
    tag = f"v{handle.version}"
    if tag in tags and (differing := _differing(api.tree(tag), package)):
        raise PublishError(
            f"Hugging Face has {tag} with other content ({', '.join(differing[:3])} differ), and a "
            f"version never changes: publish it as --handle={handle.model}/{numbers[-1] + 1}"
        )
    return tag


def _differing(tree: Tree, package: Package) -> list[str]:
    return [*huggingface_tree.changed(tree, package), *huggingface_tree.stale(tree, package)]


def _uploads(package: Package, tree: Tree) -> list[Change]:
    changed = huggingface_tree.changed(tree, package)
    return [Change(_UPLOAD, name, package.files[name]) for name in changed]


def _deletions(package: Package, tree: Tree) -> list[Change]:
    return [Change(_DELETE, name) for name in huggingface_tree.stale(tree, package)]


def _file(text: str) -> File:
    data = text.encode()
    return File(len(data), hashlib.sha256(data).hexdigest())


def _load(repository: str, tag: str) -> str:
    return (
        "import huggingface_hub\n"
        "import tensorflow as tf\n\n"
        f'path = huggingface_hub.snapshot_download("{repository}", revision="{tag}")\n'
        "module = tf.saved_model.load(path)"
    )
