"""Tar archives, compressed or not, whose headers cannot fill memory.

`tarfile` reads extended headers and maps of sparse files whole, however large they say they are.
"""

from __future__ import annotations

import bz2
import contextlib
import gzip
import lzma
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, BinaryIO, cast

from slimhub.common import foreign_files

_HEADER_BYTES = 4 << 20  # what may be read from one member to the next; a usual header has 512
_ALL_HEADER_BYTES = 256 << 20  # the same, of all members
_GLOBAL_BYTES, _GLOBALS = 1 << 20, 1000  # what all members have in common; kept until the end
_PADDING = 100 << 20  # bytes; contents are stored in multiples of 512
_OPENERS: dict[bytes, Any] = {b"\x1f\x8b": gzip.open, b"BZh": bz2.open, b"\xfd7z": lzma.open}


class HeaderLimitError(ValueError):
    """A header that is larger than any that a packing program writes."""


class SizeLimitError(ValueError):
    """An archive whose members take more room in it than they may."""


class TarArchive:
    """A tar file with limits for what is read between two members, and for all of it."""

    def __init__(self, file: IO[bytes], max_bytes: int) -> None:
        """Wraps an open file, which is not compressed any more.

        Args:
          file: to read.
          max_bytes: of the contents of members, as they are stored.
        """
        self._file = _Metered(file, max_bytes)
        self._archive: Any = tarfile.open(mode="r:", fileobj=cast(Any, self._file))  # noqa: SIM115

    def __iter__(self) -> Iterator[tarfile.TarInfo]:
        while True:
            self._file.left = _HEADER_BYTES
            member: tarfile.TarInfo | None = self._archive.next()
            if member is None:
                return
            self._archive.members.clear()  # it would keep all of them
            self._check_globals()
            yield member

    def _check_globals(self) -> None:
        common: dict[str, str] = self._archive.pax_headers
        if (
            len(common) > _GLOBALS
            or sum(len(name) + len(value) for name, value in common.items()) > _GLOBAL_BYTES
        ):
            raise HeaderLimitError(f"global headers of more than {_GLOBAL_BYTES:,} bytes")

    def extractfile(self, member: tarfile.TarInfo) -> IO[bytes]:
        """The content of a member.

        Args:
          member: the current one of the iteration.
        """
        self._file.left = None
        return cast(IO[bytes], self._archive.extractfile(member))  # None only for folders


class _Metered:
    """A file that is read, or passed over, as long as the limits allow it."""

    def __init__(self, file: IO[bytes], max_bytes: int) -> None:
        self._file = file
        self._max_bytes, self._passed, self._headers = max_bytes, 0, 0
        self.left: int | None = _HEADER_BYTES

    def read(self, count: int = -1) -> bytes:
        if self.left is None:
            self._pass(count)
            return self._file.read(count)
        if not 0 <= count <= self.left:
            raise HeaderLimitError(f"a header of more than {_HEADER_BYTES:,} bytes")
        self.left -= count
        self._headers += count
        if self._headers > _ALL_HEADER_BYTES:
            raise HeaderLimitError(f"headers of more than {_ALL_HEADER_BYTES:,} bytes")
        return self._file.read(count)

    def seek(self, position: int) -> int:
        ahead = position - self._file.tell()
        self._pass(ahead if ahead >= 0 else position)  # going back means to begin again
        return self._file.seek(position)

    def _pass(self, count: int) -> None:
        """Counts contents, which have to be unpacked to get past them."""
        self._passed += count
        if count < 0 or self._passed > self._max_bytes + _PADDING:
            raise SizeLimitError

    def tell(self) -> int:
        return self._file.tell()


@contextlib.contextmanager
def opened(path: Path, max_bytes: int) -> Iterator[TarArchive]:
    """Opens a tar file.

    Args:
      path: of the file; its first bytes say how it is compressed.
      max_bytes: of the contents of its members, as they are stored.
    """
    with contextlib.ExitStack() as files:
        raw: BinaryIO = files.enter_context(foreign_files.open_regular(path))
        head = raw.read(3)
        raw.seek(0)
        opener = next((f for magic, f in _OPENERS.items() if head.startswith(magic)), None)
        file = raw if opener is None else files.enter_context(opener(raw, "rb"))
        yield TarArchive(cast(IO[bytes], file), max_bytes)
