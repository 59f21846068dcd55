"""Uploads files to Kaggle through kagglehub, which resumes what a broken connection cut."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import PurePosixPath
from typing import Any

from slimhub.common.progress import Transfer
from slimhub.publish.destinations import remote
from slimhub.publish.destinations.kaggle.kagglehub_internals import (
    UploadDirectoryInfo,
    upload_file,
)
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
    with remote.quiet("kagglehub"):
        return upload_file(path, report)


def _folder(root: Any, path: PurePosixPath) -> Any:
    """The folder of a path below a root, made where it is missing."""
    folder = root
    for part in path.parts:
        found = next((inner for inner in folder.directories if inner.name == part), None)
        if found is None:
            found = UploadDirectoryInfo(name=part)
            folder.directories.append(found)
        folder = found
    return folder
