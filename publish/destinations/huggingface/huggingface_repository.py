"""Model repositories on Hugging Face."""

from __future__ import annotations

import dataclasses
import functools
import re
from typing import TYPE_CHECKING, ClassVar

from slimhub.common import extras
from slimhub.common.errors import PublishError, RequestError, option
from slimhub.common.progress import Transfer
from slimhub.export import record
from slimhub.publish import addresses
from slimhub.publish.destinations import licenses
from slimhub.publish.destinations.destination import (
    Change,
    PublishPlan,
    kept,
    not_carried,
    result_of,
)
from slimhub.publish.destinations.huggingface import huggingface_changes as changes
from slimhub.publish.destinations.huggingface.huggingface_changes import README
from slimhub.publish.handle import Handle
from slimhub.publish.package import Package
from slimhub.publish.pages import cards, statements

if TYPE_CHECKING:
    from slimhub.publish.destinations.huggingface.huggingface_api import HuggingFaceApi
    from slimhub.publish.destinations.huggingface.huggingface_tree import Tree

_SCHEME = "hf://"
_FORM = f"{_SCHEME}OWNER/NAME"
_NAME = re.compile(r"\w([\w.-]{0,94}\w)?", re.ASCII)
_OTHER_KINDS = ("datasets", "spaces", "models", "buckets", "kernels")


@dataclasses.dataclass(frozen=True)
class HuggingFace:
    """The repository of a model.

    Attributes:
      owner: user or organization.
      name: of the repository.
    """

    options: ClassVar[frozenset[str]] = frozenset(
        {"handle", "license", "dataset", "texts", "overwrite_card", "also"}
    )

    owner: str
    name: str

    def __str__(self) -> str:
        return f"{_SCHEME}{self.repository}"

    @property
    def repository(self) -> str:
        """The repository's id on Hugging Face."""
        return f"{self.owner}/{self.name}"

    @classmethod
    def parse(cls, target: str) -> HuggingFace:
        """Parses a target such as `hf://owner/name`.

        Args:
          target: from the command line.

        Raises:
          RequestError: says which part is invalid.
        """
        parts = target.removeprefix(_SCHEME).split("/")
        if not target.startswith(_SCHEME) or len(parts) != 2 or parts[0] in _OTHER_KINDS:
            raise RequestError(f"the target '{target}' is not {_FORM}")
        if "@" in parts[1]:
            raise RequestError(
                f"the target '{target}' names a revision: leave '@{parts[1].partition('@')[2]}' "
                f"out, the version comes from {option('handle')}"
            )
        for kind, part in zip(("owner", "name"), parts, strict=True):
            if not _is_name(part):
                raise RequestError(
                    f"the {kind} '{part}' in the target '{target}' must be at most 96 letters, "
                    "digits, _, . and -, starting and ending in a letter or digit, without -- "
                    "or .., and not ending in .git"
                )
        return cls(*parts)

    def check_ids(self, license: str | None, dataset: str | None) -> None:
        """Refuses a license or dataset that Hugging Face does not have, see `Destination`."""
        licenses.check(license, licenses.HUGGING_FACE, "Hugging Face")
        _check_dataset(dataset)
        extras.need("jinja2", "huggingface_hub", extra="huggingface")

    def check(self, package: Package) -> None:
        """Refuses, offline, what Hugging Face would refuse later.

        Args:
          package: to be published.

        Raises:
          RequestError: if a handle or dataset is invalid, Hugging Face does not have the license,
            or the extra `huggingface` is missing.
        """
        if package.handle is not None:
            Handle.parse(package.handle)
        self.check_ids(package.license, package.dataset)

    def check_credentials(self) -> None:
        """Refuses to go on without a token, or with a client that is offline."""
        _check_client()

    def signature(self, package: Package) -> bytes | None:
        """The signature in the version that the package would become, or in the newest one.

        Args:
          package: to be signed.

        Raises:
          PublishError: if Hugging Face cannot be reached.
        """
        api = _api(self)
        tags = api.tags() or []
        tag = changes.newest_tag(tags) if package.handle is None else changes.tag_of(package.handle)
        if tag not in tags or record.SIGNATURE not in api.tree(tag):
            return None
        return api.read(record.SIGNATURE, tag)

    def plan(self, package: Package, *, asks: bool = True) -> PublishPlan:
        """Compares with the existing digests.

        Args:
          package: to be published.
          asks: whether Hugging Face is contacted; if not, the plan is that of a first version.

        Raises:
          PublishError: if Hugging Face cannot be reached, does not accept the README, or has other
            bytes under the version.
        """
        api, package = _api(self), package.with_formats()
        tags = api.tags() if asks else None
        tree = {} if tags is None else api.tree()
        look = functools.cache(api.tree)
        tag = changes.choose_tag(package, tags or [], look)
        load = _load(self.repository, tag)
        is_tagged = tags is not None and tag in tags
        readme = _readme(api, tree)
        said = statements.read(readme, tag) if is_tagged else {}
        package = statements.over(package, said)
        license = licenses.HUGGING_FACE.get(package.license or "")
        shown = changes.with_formats_of(look(tag) if is_tagged else {}, package)
        card = cards.huggingface(shown, load, self.name, license, tag)
        is_renewed = not is_tagged or (
            statements.of(package) != said and tag == changes.newest_tag(tags or [])
        )
        is_other = README not in tree or not tree[README].is_text(card)
        is_written = is_other and _may_write(readme, package, is_renewed=is_renewed)
        if is_written and asks:
            api.check_card(card)
        written = {README: card} if is_written else {}
        is_kept = is_other and not is_written and (is_renewed or statements.of(package) != said)
        steps = [
            *([Change(changes.CREATE, self.repository)] if tags is None else []),
            *changes.of_commit(package, tree, written, only_texts=is_tagged),
            *([] if is_tagged else [Change(changes.TAG, tag)]),
        ]
        url = f"{addresses.shown(api.endpoint)}/{self.repository}/tree/{tag}"
        result = result_of(steps, is_there=is_tagged)
        notes = kept([README] if is_kept else [])
        if is_written:
            notes += not_carried(statements.of_others(readme, tag), package)
        return PublishPlan(tuple(steps), written, url, load, result, notes)

    def send(self, package: Package, plan: PublishPlan, transfer: Transfer) -> None:
        """Carries out a plan; files, card and deletions are one commit.

        Args:
          package: to be published.
          plan: from `plan`.
          transfer: progress callback.

        Raises:
          PublishError: says what Hugging Face refused.
        """
        from slimhub.publish.destinations.huggingface.huggingface_api import MAIN
        from slimhub.publish.destinations.huggingface.huggingface_commit import Commit

        api, package = _api(self), package.with_formats()
        named = {
            action: [change.name for change in plan.changes if change.action == action]
            for action in changes.ACTIONS
        }
        if named[changes.CREATE]:
            api.create()
        for tag in set(api.tags() or []).intersection(named[changes.TAG]):
            raise api.changed(f"made {tag}")
        revision = api.commit_of(MAIN)
        files, deleted = named[changes.UPLOAD], named[changes.DELETE]
        if files or deleted or named[changes.WRITE]:
            message = f"Publish {package.record.network.name} with slimhub"
            commit = Commit(package, files, plan.cards, deleted, message, revision)
            revision = api.commit(commit, transfer)
        for tag in named[changes.TAG]:
            api.tag(tag, revision)

    def confirm(self, package: Package, plan: PublishPlan) -> None:
        """Compares with the digests that Hugging Face reports.

        Args:
          package: the published one.
          plan: the one carried out.

        Raises:
          PublishError: names what differs.
        """
        api, package = _api(self), package.with_formats()
        tag = plan.url.rpartition("/")[2]
        others = changes.differing(api.tree(tag), package)
        tree = api.tree() if plan.cards else {}
        others += [
            name
            for name, text in plan.cards.items()
            if name not in tree or not tree[name].is_text(text)
        ]
        if others:
            raise PublishError(
                f"{tag} of {self.repository} on Hugging Face is not what was sent: "
                f"{', '.join(others[:3])} differ; delete that tag there and publish again"
            )


def _api(place: HuggingFace) -> HuggingFaceApi:
    from slimhub.publish.destinations.huggingface.huggingface_api import HuggingFaceApi

    return HuggingFaceApi(place.repository, str(place))


def _is_name(part: str) -> bool:
    is_odd = "--" in part or ".." in part or part.endswith(".git")
    return bool(_NAME.fullmatch(part)) and not is_odd


def _check_dataset(dataset: str | None) -> None:
    parts = dataset.split("/") if dataset is not None else []
    if len(parts) > 2 or not all(map(_is_name, parts)):
        raise RequestError(
            f"the dataset '{dataset}' is not NAME or OWNER/NAME, the form of dataset names "
            "on Hugging Face"
        )


def _readme(api: HuggingFaceApi, tree: Tree) -> str:
    """The README that is there, empty if there is none."""
    from slimhub.publish.destinations.huggingface.huggingface_api import MAIN

    return api.read(README, MAIN).decode(errors="replace") if README in tree else ""


def _may_write(readme: str, package: Package, *, is_renewed: bool) -> bool:
    """Whether the README may be replaced; one written by slimhub is renewed with each version."""
    return not readme or package.overwrite_card or (is_renewed and cards.is_own(readme))


def _check_client() -> None:
    import huggingface_hub
    from huggingface_hub import constants

    from slimhub.publish.destinations.huggingface.huggingface_api import CREDENTIALS

    if constants.HF_HUB_OFFLINE:
        raise RequestError(
            "HF_HUB_OFFLINE or TRANSFORMERS_OFFLINE keeps huggingface_hub offline: unset it to "
            "publish"
        )
    if not huggingface_hub.get_token():
        raise RequestError(
            "no token for Hugging Face: create one with write access at "
            f"huggingface.co/settings/tokens and pass it as {CREDENTIALS}"
        )


def _load(repository: str, tag: str) -> str:
    return (
        "import huggingface_hub\n"
        "import tensorflow as tf\n\n"
        f'path = huggingface_hub.snapshot_download("{repository}", revision="{tag}")\n'
        "module = tf.saved_model.load(path)"
    )
