"""The frames of a TFRecord file: where each record begins. Nothing in a record is read.

TensorFlow reads a record of any length that its header states, and knows no record's number; so the
headers are read here first. A frame is the length in 8 bytes (little endian), 4 bytes of its
checksum, the record, and 4 bytes of the record's checksum
(https://www.tensorflow.org/tutorials/load_data/tfrecord).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import BinaryIO

from slimhub.common import foreign_files

_HEADER, _FOOTER = 12, 4  # bytes
_LENGTH = struct.Struct("<Q")
LARGEST_RECORD = foreign_files.LARGEST_TEXT
_COMPRESSED = (b"\x1f\x8b", b"\x78\x9c")  # gzip, zlib


class FrameError(ValueError):
    """A file that is not made of whole records."""


def offsets(file: BinaryIO, size: int) -> Iterator[int]:
    """Where each record's frame begins, bytes.

    Args:
      file: open, at its start.
      size: of the file, bytes.

    Raises:
      FrameError: says what is wrong at which byte.
    """
    offset = 0
    while offset < size:
        header = file.read(_HEADER)
        if offset == 0 and header[:2] in _COMPRESSED:
            raise FrameError("it is compressed: write it again without compression")
        if len(header) < _HEADER:
            raise FrameError(f"it ends inside of a record, at byte {offset:,}")
        (length,) = _LENGTH.unpack(header[:8])
        end = offset + _HEADER + length + _FOOTER
        if end > size:
            raise FrameError(f"it ends inside of a record, which begins at byte {offset:,}")
        if length > LARGEST_RECORD:
            raise FrameError(f"the record at byte {offset:,} is larger than any picture")
        yield offset
        file.seek(end)
        offset = end


def read_record(path: str, offset: int, skip: int) -> bytes:
    """The content of one record; checksums are not checked.

    Args:
      path: of the file.
      offset: where a frame begins, bytes.
      skip: how many records to pass over from there.
    """
    with foreign_files.open_regular(path) as file:
        for _ in range(skip + 1):
            file.seek(offset)
            (length,) = _LENGTH.unpack(file.read(_HEADER)[:8])
            start, offset = offset, offset + _HEADER + length + _FOOTER
        file.seek(start + _HEADER)
        return file.read(min(length, LARGEST_RECORD))
