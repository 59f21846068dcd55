"""Zip archives with the interface of tar files, as `archives` needs it."""

from __future__ import annotations

import contextlib
import os
import stat
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, BinaryIO, cast

from slimhub.common import foreign_files

_DIRECTORY_BYTES = 16 << 20  # one of 100,000 members has about that
_TYPES = {0: tarfile.REGTYPE, stat.S_IFREG: tarfile.REGTYPE, stat.S_IFDIR: tarfile.DIRTYPE}


class DirectoryLimitError(ValueError):
    """A directory that is larger than any that a packing program writes."""


class ZipArchive:
    """A zip file with the part of `tarfile.TarFile` that checking and unpacking need."""

    def __init__(self, file: zipfile.ZipFile) -> None:
        """Wraps an open zip file."""
        self._file = file

    def __iter__(self) -> Iterator[tarfile.TarInfo]:
        for info in self._file.infolist():
            self._current = info
            yield _as_member(info)

    def extractfile(self, member: tarfile.TarInfo) -> IO[bytes]:
        """The content of the current member of the iteration; never more bytes than it claims."""
        return self._file.open(self._current)


@contextlib.contextmanager
def opened(path: Path) -> Iterator[ZipArchive]:
    """Opens a zip file.

    Args:
      path: of the file.
    """
    with foreign_files.open_regular(path) as raw:
        directory = _DirectoryOnly(raw)
        with zipfile.ZipFile(cast(IO[bytes], directory)) as file:
            directory.is_open = False
            yield ZipArchive(file)


class _DirectoryOnly:
    """A file of which no large piece is read, until that is lifted."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self.is_open = file, True

    def read(self, count: int = -1) -> bytes:
        # `zipfile` reads the directory whole, however large it says it is.
        if self.is_open and not 0 <= count <= _DIRECTORY_BYTES and self._is_more_left():
            raise DirectoryLimitError(f"a directory of more than {_DIRECTORY_BYTES:,} bytes")
        return self._file.read(count)

    def _is_more_left(self) -> bool:
        return os.fstat(self._file.fileno()).st_size - self._file.tell() > _DIRECTORY_BYTES

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


def _as_member(info: zipfile.ZipInfo) -> tarfile.TarInfo:
    member = tarfile.TarInfo(info.filename)
    member.size = info.file_size
    kind = stat.S_IFMT(info.external_attr >> 16)  # set if it was packed on a Unix system
    member.type = tarfile.DIRTYPE if info.is_dir() else _TYPES.get(kind, tarfile.FIFOTYPE)
    if stat.S_ISLNK(kind):
        member.type = tarfile.SYMTYPE
    return member
