"""Zip archives as members that `archives` can check: like those of a tar file."""

from __future__ import annotations

import contextlib
import stat
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

_TYPES = {0: tarfile.REGTYPE, stat.S_IFREG: tarfile.REGTYPE, stat.S_IFDIR: tarfile.DIRTYPE}


class ZipArchive:
    """A zip file with the part of `tarfile.TarFile` that is needed to check and unpack it."""

    def __init__(self, file: zipfile.ZipFile) -> None:
        """Takes an open zip file."""
        self._file = file

    def __iter__(self) -> Iterator[tarfile.TarInfo]:
        for info in self._file.infolist():
            self._current = info
            yield _as_member(info)

    def extractfile(self, member: tarfile.TarInfo) -> IO[bytes]:
        """The content of the member that the iteration is at; never more bytes than it claims."""
        return self._file.open(self._current)


@contextlib.contextmanager
def opened(path: Path) -> Iterator[ZipArchive]:
    """Opens a zip file.

    Args:
      path: of the file.
    """
    with zipfile.ZipFile(path) as file:
        yield ZipArchive(file)


def _as_member(info: zipfile.ZipInfo) -> tarfile.TarInfo:
    member = tarfile.TarInfo(info.filename)
    member.size = info.file_size
    kind = stat.S_IFMT(info.external_attr >> 16)  # where it was packed on a Unix system
    member.type = tarfile.DIRTYPE if info.is_dir() else _TYPES.get(kind, tarfile.FIFOTYPE)
    if stat.S_ISLNK(kind):
        member.type = tarfile.SYMTYPE
    return member
