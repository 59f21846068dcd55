"""Uploads files to Kaggle through kagglehub, which resumes interrupted uploads."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from slimhub.common import paths
from slimhub.common.progress import Transfer
from slimhub.common.scratch import ScratchFolder
from slimhub.publish.destinations import remote
from slimhub.publish.destinations.kaggle.kagglehub_internals import (
    UploadDirectoryInfo,
    upload_file,
)
from slimhub.publish.destinations.remote import Remote
from slimhub.publish.package import Package


class Upload:
    """Files being uploaded; nobody sees them before they become a version.

    Attributes:
      root: kagglehub's `UploadDirectoryInfo`, with the tokens of the uploaded files.
    """

    def __init__(self, place: Remote, package: Package, transfer: Transfer) -> None:
        """Does not send anything yet.

        Args:
          place: the place to call.
          package: whose files to upload.
          transfer: progress callback.
        """
        self.root = UploadDirectoryInfo(name="root")
        self._place, self._package, self._transfer = place, package, transfer

    def send(self, name: str) -> None:
        """Uploads one file.

        Args:
          name: of the package's file.
        """
        size = self._package.files[name].bytes
        with _named(self._package.path(name), PurePosixPath(name).name) as path:
            send = functools.partial(_send, path, lambda done: self._transfer(name, done, size))
            # kagglehub does not report the status of a failed upload: retry any once.
            busy = remote.BUSY | {remote.UNKNOWN_STATUS}
            token = self._place.ask(f"upload {name}", send, busy=busy)
        _folder(self.root, PurePosixPath(name).parent).files.append(token)
        self._transfer(name, size, size)


@contextlib.contextmanager
def _named(path: Path, name: str) -> Iterator[str]:
    """A path to a file under a name: Kaggle gives it the name that it has here."""
    if path.name == name:
        yield str(path)
        return
    with ScratchFolder() as folder:
        link = Path(folder, name)
        link.symlink_to(paths.resolved(path))
        yield str(link)


def _send(path: str, report: Callable[[int], None]) -> str:
    """Uploads one file, and returns its token."""
    with remote.quiet("kagglehub"):
        return upload_file(path, report)


def _folder(root: Any, path: PurePosixPath) -> Any:
    """The folder of a path below a root, created if missing."""
    folder = root
    for part in path.parts:
        found = next((inner for inner in folder.directories if inner.name == part), None)
        if found is None:
            found = UploadDirectoryInfo(name=part)
            folder.directories.append(found)
        folder = found
    return folder
