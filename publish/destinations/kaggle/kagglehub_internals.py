"""What slimhub needs of kagglehub beyond its public API. Imports kagglehub.

kagglehub's public API consists of calls such as `model_upload`: it replaces the card, adds a
version without checking its number, and does not report progress. The functions behind it upload
one file at a time, and resume. No other module imports kagglehub's internals; the names are those
of kagglehub 1.0.2 to 1.0.3, and `test_kagglehub_internals.py` checks each of them.

- `gcs_upload.upload_files_and_directories`: uploads a file, and returns its token.
- `gcs_upload.tqdm`: its progress bar, replaced here because there is no other way to get the
  progress.
- `gcs_upload.UploadDirectoryInfo`: the tokens of a version's files, by folder.
- `clients.build_kaggle_client`: a client of kagglesdk with the credentials found by kagglehub.
- `clients.get_user_agent`: called for each client, of which every upload makes one. It looks for
  Keras in the call stack, among all modules of the process: a tenth of a second with TensorFlow.
- `exceptions.handle_mutate_call`: raises errors that Kaggle reports with status 200.
- `config.get_kaggle_credentials`: whether there are credentials.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Any

from kagglehub import clients, gcs_upload
from kagglehub.config import get_kaggle_credentials
from kagglehub.exceptions import BackendError, handle_mutate_call
from kagglehub.gcs_upload import UploadDirectoryInfo
from kagglesdk.blobs.types.blob_api_service import ApiBlobType

__all__ = [
    "BackendError",
    "UploadDirectoryInfo",
    "handle_mutate_call",
    "has_credentials",
    "models_client",
    "upload_file",
]


def has_credentials() -> bool:
    """Whether kagglehub finds credentials.

    Raises:
      ValueError: if they cannot be read.
    """
    return get_kaggle_credentials() is not None


def models_client() -> Any:
    """A client for calls about models, with the credentials found by kagglehub."""
    with _known_user_agent():
        return clients.build_kaggle_client().models.model_api_client


def upload_file(path: str, report: Callable[[int], None]) -> str:
    """Uploads one file.

    Args:
      path: of the file.
      report: called with the bytes sent so far.

    Returns:
      The token that a new version uses to refer to the file.
    """
    with _reporting(report), _known_user_agent():
        sent = gcs_upload.upload_files_and_directories(
            path, ignore_patterns=(), item_type=ApiBlobType.MODEL, quiet=True
        )
    token: str = sent.files[0]
    return token


_user_agent = functools.cache(clients.get_user_agent)


@contextlib.contextmanager
def _known_user_agent() -> Iterator[None]:
    """Lets kagglehub find out only once in a process what to call itself."""
    find = clients.get_user_agent
    clients.get_user_agent = _user_agent
    try:
        yield
    finally:
        clients.get_user_agent = find


@contextlib.contextmanager
def _reporting(report: Callable[[int], None]) -> Iterator[None]:
    """Receives kagglehub's progress instead of its progress bar."""
    bar = gcs_upload.tqdm
    gcs_upload.tqdm = functools.partial(_Bar, report)
    try:
        yield
    finally:
        gcs_upload.tqdm = bar


class _Bar:
    """The part of tqdm that kagglehub uses: it adds what it sent, and sets `n` when it resumes."""

    def __init__(self, report: Callable[[int], None], **_: object) -> None:
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
        """Does nothing."""

    def update(self, count: int) -> None:
        """Adds bytes that were sent."""
        self.n += count
        self._report(self.n)
