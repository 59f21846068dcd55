"""Why a disk does not take a file, in words that say what helps."""

from __future__ import annotations

import errno
import os
from pathlib import Path


def explain(error: OSError, folder: Path) -> str:
    """What the system said, and what is free.

    Args:
      error: raised when something was written.
      folder: where; it need not exist.
    """
    said = error.strerror or type(error).__name__
    if error.errno == errno.EDQUOT:
        return f"{said}: your share of the disk is used up; remove something of yours"
    if error.errno == errno.EROFS:
        return f"{said}: nothing can be written there, whoever you are"
    if error.errno != errno.ENOSPC:
        return said
    if free_inodes(folder) == 0:
        return f"{said}: the disk has no room for another file, however small; remove some files"
    free = free_bytes(folder)
    return said if free is None else f"{said}: {free / 1e6:.0f} MB are free"


def existing(path: Path) -> Path:
    """A path, or the nearest folder above it that exists."""
    return next(folder for folder in (path, *path.absolute().parents) if folder.exists())


def free_bytes(folder: Path) -> int | None:
    """Bytes that this user can still write; None where the system does not say.

    Args:
      folder: on the disk; it need not exist.
    """
    found = _statvfs(folder)
    return None if found is None else found.f_bavail * found.f_frsize


def free_inodes(folder: Path) -> int | None:
    """Files that this user can still make; None where the system does not count them.

    Args:
      folder: on the disk; it need not exist.
    """
    found = _statvfs(folder)
    return None if found is None or not found.f_files else found.f_favail


def _statvfs(folder: Path) -> os.statvfs_result | None:
    try:
        return os.statvfs(existing(folder))
    except (OSError, AttributeError):  # the latter on Windows
        return None
