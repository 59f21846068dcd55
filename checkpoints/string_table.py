"""Reads the sorted tables of strings that checkpoints consist of.

The format is that of LevelDB's tables, as `tensorflow/core/lib/io/format.cc` reads it: blocks of
entries whose keys leave out what they share with the one before, a block that lists the others, and
a footer of 48 bytes that says where that is.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from slimhub.checkpoints import snappy_block
from slimhub.checkpoints.snappy_block import SnappyError
from slimhub.common import foreign_files

_FOOTER = 48  # bytes: two places of blocks, padded, and the magic number
_TRAILER = 5  # bytes after a block: how it is compressed, and its checksum
_MAX_BLOCK = 1 << 28  # bytes; an index has blocks of 256 KiB, V1 files one of each large tensor
_MAX_BYTES = 1 << 29  # of what is read of a table, packed and unpacked; also of its keys
_MAX_ENTRIES = 2_000_000
_MAX_PIECES = 1 << 23  # of compressed blocks; a few seconds
_DISORDER = "the keys of its table are not in order"
_STORED, _SNAPPY = 0, 1


class TableError(ValueError):
    """A table that is damaged; the message is a clause."""


def entries(path: Path) -> Iterator[tuple[bytes, bytes]]:
    """Keys and values, in the order of the file; reads no more than is asked for.

    Args:
      path: of the file.

    Raises:
      TableError: if it is damaged, or would not be read as TensorFlow reads it.
      OSError: if it cannot be read.
    """
    with foreign_files.open_regular(path) as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - _FOOTER))
        footer = file.read()
        if len(footer) < _FOOTER:
            raise TableError("its table has no end")
        _, at = _place(footer, 0)  # of a block of meta data, which is empty
        (offset, count), _ = _place(footer, at)
        table, last, end = _Table(file, size), None, 0
        for limit, value in table.pairs(offset, count):
            (start, count), _ = _place(value, 0)
            if last is not None and limit <= last:
                raise TableError(_DISORDER)
            if start < end or (end := start + count + _TRAILER) > offset:
                raise TableError("the blocks of its table are not one after the other")
            for key, content in table.pairs(start, count):
                # TensorFlow looks a key up by halves, so in another order it finds another one.
                if key > limit or (last is not None and key <= last):
                    raise TableError(_DISORDER)
                last = key
                yield key, content
            last = limit


class _Table:
    """Reads blocks, within limits for all of them: few bytes can stand for very many."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self._file, self._size = file, size
        self._left = {"bytes": _MAX_BYTES, "keys": _MAX_BYTES, "entries": _MAX_ENTRIES}
        self._pieces = _MAX_PIECES

    def pairs(self, offset: int, count: int) -> Iterator[tuple[bytes, bytes]]:
        """Keys and values of a block, which ends in the places of its whole keys and their count.

        Args:
          offset: of the block in the file, bytes.
          count: its size there, bytes.
        """
        block = self._block(offset, count)
        end = len(block) - 4 * (1 + int.from_bytes(block[-4:], "little"))
        if len(block) < 4 or end < 0:
            raise TableError("a block of its table is too short")
        places = (place for (place,) in struct.iter_unpack("<I", block[end:-4]))
        at, key, place = 0, b"", next(places, None)
        if place != 0:
            raise TableError("a block of its table does not start at its first entry")
        while at < end:
            start = at
            shared, at = _number(block, at)
            own, at = _number(block, at)
            length, at = _number(block, at)
            if shared > len(key) or at + own + length > end:
                raise TableError("an entry of its table is not in its block")
            if start == place:
                # TensorFlow starts there, so what is shared would be left out.
                if shared:
                    raise TableError("an entry of its table does not have its whole key")
                place = next(places, None)
            self._spend("keys", shared + own)
            self._spend("entries", 1)
            key = key[:shared] + block[at : at + own]
            at += own + length
            yield key, block[at - length : at]
        is_empty = end == place == 0 and len(block) == 8
        # One that was not passed is inside of an entry: TensorFlow would find another one there.
        if at != end or not (place is None or is_empty):
            raise TableError("a block of its table is damaged")

    def _block(self, offset: int, count: int) -> bytes:
        if offset + count + _TRAILER > self._size or count > _MAX_BLOCK:
            raise TableError("a block of its table is not in the file")
        self._spend("bytes", count)
        self._file.seek(offset)
        content = self._file.read(count + _TRAILER)
        if len(content) < count + _TRAILER:
            raise TableError("a block of its table is cut off")
        kind, content = content[count], content[:count]
        if kind == _SNAPPY:
            return self._unpacked(content)
        if kind != _STORED:
            raise TableError("a block of its table is compressed in an unknown way")
        return content

    def _unpacked(self, content: bytes) -> bytes:
        size, at = _number(content, 0)
        if size > _MAX_BLOCK:
            raise TableError("a block of its table is too large")
        self._spend("bytes", size)
        try:
            found, pieces = snappy_block.unpack(content, at, size, self._pieces)
        except SnappyError as error:
            raise TableError(f"a block of its table {error}") from error
        self._pieces -= pieces
        return found

    def _spend(self, what: str, amount: int) -> None:
        self._left[what] -= amount
        if self._left[what] < 0:
            raise TableError(f"its table has more {what} than any checkpoint")


def _place(content: bytes, at: int) -> tuple[tuple[int, int], int]:
    """Offset and size of a block in bytes, and where their description ends."""
    offset, at = _number(content, at)
    count, at = _number(content, at)
    return (offset, count), at


def _number(content: bytes, at: int) -> tuple[int, int]:
    """A number of seven bits per byte, and where it ends."""
    number = shift = 0
    while at < len(content) and shift < 64:
        byte = content[at]
        number |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return number, at
    raise TableError("a number in its table is damaged")
