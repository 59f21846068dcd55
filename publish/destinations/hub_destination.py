"""A self-hosted hub: a folder for `slimhub serve`, or any static host."""

from __future__ import annotations

import functools
import shlex
from pathlib import Path
from typing import ClassVar

from slimhub.common import extras, foreign_files
from slimhub.common.errors import PublishError, RequestError
from slimhub.common.progress import Transfer
from slimhub.common.scratch import ScratchFolder
from slimhub.export.record import SIGNATURE
from slimhub.publish import bundle
from slimhub.publish.destinations.destination import Change, PublishPlan, VersionChange
from slimhub.publish.handle import Handle
from slimhub.publish.hub import hub_folder, index, journal, view
from slimhub.publish.hub.hub_changes import HubChanges
from slimhub.publish.hub.hub_entries import RESTORE
from slimhub.publish.hub.view import View
from slimhub.publish.package import Package
from slimhub.publish.pages import page

SCHEME = "hub:"
_COMPLETE = "complete"  # action: moves a file whose publisher was interrupted
_CLEAN = "clean"  # action: removes what an interrupted publisher did not get to


class HubDestination:
    """A hub in a folder.

    Attributes:
      hub: the folder, which need not exist.
    """

    options: ClassVar[frozenset[str]] = frozenset(
        {"handle", "license", "dataset", "texts", "url", "also"}
    )

    def __init__(self, hub: Path) -> None:
        """Does not read anything yet.

        Args:
          hub: the folder.
        """
        self.hub = hub
        self._archive: bundle.Archive | None = None

    def __str__(self) -> str:
        return f"{SCHEME}{self.hub}"

    @classmethod
    def parse(cls, target: str) -> HubDestination:
        """Parses a target such as `hub:models`.

        Raises:
          RequestError: if it does not name a folder.
        """
        if target == SCHEME:
            raise RequestError(f"the target '{target}' is not hub:FOLDER")
        return cls(Path(target.removeprefix(SCHEME)))

    def check_ids(self, license: str | None, dataset: str | None) -> None:
        """Refuses what a page cannot name, see `Destination`."""
        extras.need("jinja2", "markdown_it", "pygments", "filelock")
        page.check_ids(license, dataset)

    def check(self, package: Package) -> None:
        """Refuses what is invalid, see `Destination`."""
        self.check_ids(package.license, package.dataset)
        handle = Handle.for_record(package.record, package.handle)
        page.check_handle(handle, package.record.task, package.record.network.name)
        hub_folder.check(self.hub, package.folder)

    def check_credentials(self) -> None:
        """Needs none, see `Destination`."""

    def signature(self, package: Package) -> bytes | None:
        """The existing signature, see `Destination`."""
        handle = Handle.for_record(package.record, package.handle)
        name = f"{handle}/{SIGNATURE}"

        def read(seen: View) -> bytes | None:
            path = seen.path(name)
            return foreign_files.read(path) if path.is_file() else None

        try:
            return view.steady(self.hub, read)
        except OSError as error:
            where = error.filename or self.hub / name
            raise PublishError(f"cannot read {where}: {error.strerror}") from error

    def plan(self, package: Package, *, asks: bool = True) -> PublishPlan:
        """Compares with what is there, see `Destination`."""
        self._archive = None
        found, pending = hub_folder.preview(package, self.hub, lambda: self._pack(package))
        changes = [
            *(Change(_COMPLETE, name, file) for name, file in pending.items()),
            *(Change(entry.action, entry.name, entry.file()) for entry in found.entries),
        ]
        if not changes and hub_folder.has_remains(self.hub):
            changes = [Change(_CLEAN, journal.FOLDER)]
        return PublishPlan(
            changes=tuple(changes),
            cards={f"{found.handle}.md": found.markdown},
            url=_page_url(found),
            load=f'hub.KerasLayer("{_load_url(found)}")',
            notes=(
                f"{found.handle}{bundle.SUFFIX} has {found.packed.bytes / 1e6:.1f} MB, sha256 "
                f"{found.packed.sha256}",
                f"serve it with: slimhub serve {shlex.quote(str(self.hub))}",
            ),
            result=_result(found, changes),
        )

    def send(self, package: Package, plan: PublishPlan, transfer: Transfer) -> None:
        """Writes everything or nothing, see `Destination`."""
        hub_folder.publish(package, self.hub, lambda: self._pack(package), transfer)

    def confirm(self, package: Package, plan: PublishPlan) -> None:
        """Compares what is there with what was to be written, see `Destination`."""
        others = hub_folder.differing(package, self.hub, lambda: self._pack(package))
        if others:
            raise PublishError(
                f"{', '.join(others[:3])} in {self.hub} is not what was written: another "
                "program writes there, or the disk is failing; publish again"
            )

    @functools.cached_property
    def _stage(self) -> ScratchFolder:
        return ScratchFolder()

    def _pack(self, package: Package) -> bundle.Archive:
        """The archive, created once for each plan."""
        if self._archive is None:
            self._archive = bundle.write(
                package.folder, Path(self._stage.name) / "archive", package.files
            )
        return self._archive


def _result(found: HubChanges, changes: list[Change]) -> VersionChange:
    if not changes:
        return "none"
    if found.is_new:
        return "new"
    repairs = {RESTORE, _COMPLETE, _CLEAN}
    return "repaired" if {change.action for change in changes} & repairs else "page"


def _page_url(found: HubChanges) -> str:
    """Where a browser shows it: `slimhub serve` takes the handle, a static host has a file."""
    return f"{found.url}/{found.handle}{'' if found.url == index.LOCAL_URL else '.html'}"


def _load_url(found: HubChanges) -> str:
    return f"{found.url}/{found.handle}{'' if found.url == index.LOCAL_URL else bundle.SUFFIX}"
