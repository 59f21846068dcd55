"""Files from elsewhere: only regular ones, of a limited size, so that none can hang or fill memory.

Everything raises `OSError`, whose `strerror` says what is wrong, as the system's own errors do.
"""

from __future__ import annotations

import errno
import json
import os
import stat
from pathlib import Path
from typing import Any, BinaryIO

LARGEST_TEXT = 64 << 20  # bytes; a label file of a million classes has half of that
LARGEST_INDEX = 256 << 20  # bytes; of a hub with 100,000 versions
LARGEST_FILE = 64 << 30  # bytes; a shard of a checkpoint, or an archive
LARGEST_PROTO = (2 << 30) - 1  # bytes; size limit of protocol buffers


def open_regular(path: str | os.PathLike[str]) -> BinaryIO:
    """Opens a file for reading, and never waits for it.

    Args:
      path: of the file.

    Raises:
      OSError: if it cannot be opened, or is a folder, pipe, socket or device.
    """
    try:
        # Without O_NONBLOCK, opening a pipe waits for somebody who writes to it.
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    except ValueError as error:  # NUL, or half of a surrogate pair
        raise OSError(errno.EINVAL, "no file can have this name") from error
    mode = os.fstat(descriptor).st_mode
    if stat.S_ISREG(mode):
        return os.fdopen(descriptor, "rb")
    os.close(descriptor)
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), os.fspath(path))
    raise OSError(errno.EINVAL, "it is a pipe or a device, not a file", os.fspath(path))


def read(path: str | os.PathLike[str], max_bytes: int = LARGEST_TEXT) -> bytes:
    """The content of a file.

    Args:
      path: of the file.
      max_bytes: the largest size to accept.

    Raises:
      OSError: as `open_regular`; also if the file is larger.
    """
    with open_regular(path) as file:
        check_size(file, max_bytes)
        return file.read(max_bytes)


def check_size(file: BinaryIO, max_bytes: int) -> None:
    """Refuses a file that is too large.

    Args:
      file: open.
      max_bytes: the largest size to accept.

    Raises:
      OSError: if it is larger.
    """
    if os.fstat(file.fileno()).st_size > max_bytes:
        reason = f"it is larger than {max_bytes:,} bytes, the limit for this kind of file"
        raise OSError(errno.EFBIG, reason)


def read_text(path: str | os.PathLike[str], encoding: str = "utf-8") -> str:
    """The content of a text file.

    Args:
      path: of the file.
      encoding: of the text.

    Raises:
      OSError: as `read`.
      UnicodeDecodeError: if it is not such a text.
    """
    return read(path).decode(encoding)


def parse_json(content: bytes | str) -> Any:
    """JSON data.

    Args:
      content: in UTF-8.

    Raises:
      ValueError: for whatever is not JSON, or is nested or has numbers beyond reason.
    """
    try:
        return json.loads(content.decode("utf-8") if isinstance(content, bytes) else content)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


def stamp(path: Path) -> tuple[int, ...]:
    """What differs once a file was replaced or written to.

    Args:
      path: of the file.

    Raises:
      OSError: if there is none.
    """
    found = path.stat()
    # Nobody can set the time of the last change of an inode.
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns
