"""Uploads files to Kaggle through kagglehub, which resumes what a broken connection cut."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator
from pathlib import PurePosixPath
from types import TracebackType
from typing import Any

from slimhub.publish.destinations import remote
from slimhub.publish.destinations.destination import Transfer
from slimhub.publish.destinations.remote import Remote
from slimhub.publish.package import Package


class Upload:
    """Files on their way; nobody sees them before they are made a version.

    Attributes:
      root: `UploadDirectoryInfo` of kagglehub, with the tokens of the files that were sent.
    """

    def __init__(self, place: Remote, package: Package, transfer: Transfer) -> None:
        """Sends nothing yet.

        Args:
          place: that is asked.
          package: whose files are sent.
          transfer: is told how far it is.
        """
        from kagglehub.gcs_upload import UploadDirectoryInfo

        self.root = UploadDirectoryInfo(name="root")
        self._place, self._package, self._transfer = place, package, transfer

    def send(self, name: str) -> None:
        """Sends one file.

        Args:
          name: of the package's.
        """
        size = self._package.files[name].bytes
        path = str(self._package.folder / name)
        send = functools.partial(_send, path, lambda done: self._transfer(name, done, size))
        # kagglehub does not tell the status of an upload that failed: try any once more.
        token = self._place.ask(f"upload {name}", send, busy=remote.BUSY | {remote.UNTOLD})
        _folder(self.root, PurePosixPath(name).parent).files.append(token)
        self._transfer(name, size, size)


def _send(path: str, report: Callable[[int], None]) -> str:
    """Sends one file, and gives its token."""
    from kagglehub.gcs_upload import upload_files_and_directories
    from kagglesdk.blobs.types.blob_api_service import ApiBlobType

    with remote.quiet("kagglehub"), _reporting(report):
        sent = upload_files_and_directories(
            path, ignore_patterns=(), item_type=ApiBlobType.MODEL, quiet=True
        )
    return sent.files[0]


def _folder(root: Any, path: PurePosixPath) -> Any:
    """The folder of a path below a root, made where it is missing."""
    from kagglehub.gcs_upload import UploadDirectoryInfo

    folder = root
    for part in path.parts:
        found = next((inner for inner in folder.directories if inner.name == part), None)
        if found is None:
            found = UploadDirectoryInfo(name=part)
            folder.directories.append(found)
        folder = found
    return folder


@contextlib.contextmanager
def _reporting(report: Callable[[int], None]) -> Iterator[None]:
    """Has kagglehub's progress told, in place of a bar that it would draw."""
    from kagglehub import gcs_upload

    bar = gcs_upload.tqdm
    gcs_upload.tqdm = functools.partial(_Bar, report)
    try:
        yield
    finally:
        gcs_upload.tqdm = bar


class _Bar:
    """What kagglehub uses of a tqdm: it adds what it sent, and sets `n` when it resumes."""

    def __init__(self, report: Callable[[int], None], **_: Any) -> None:
        self._report = report
        self.n = 0

    def __enter__(self) -> _Bar:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Leaves nothing behind."""

    def update(self, count: int) -> None:
        """Adds bytes that were sent."""
        self.n += count
        self._report(self.n)
