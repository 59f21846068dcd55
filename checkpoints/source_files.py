"""Files that hold weights or graphs: opened with care, and named in every error."""

from __future__ import annotations

import errno
from pathlib import Path

from slimhub.common import foreign_files
from slimhub.common.errors import CheckpointError

_LFS = b"version https://git-lfs.github.com/spec/"  # size limit of a Git LFS pointer


def read(path: Path, max_bytes: int) -> bytes:
    """Reads the content of a file.

    Args:
      path: of the file.
      max_bytes: the largest size to accept.

    Raises:
      CheckpointError: if it is larger, empty, or not a regular file.
    """
    require_file(path)
    try:
        content = foreign_files.read(path, max_bytes)
    except OSError as error:
        if error.errno != errno.EFBIG:
            raise
        raise CheckpointError(
            f"{path.name} is larger than {max_bytes:,} bytes, the limit for this kind of file: "
            "export the checkpoint it was made from"
        ) from error
    if not content:
        raise CheckpointError(f"{path.name} is empty: copy or download it again")
    return content


def head(path: Path, count: int) -> bytes:
    """The first bytes of a file.

    Args:
      path: of the file.
      count: how many to read at most.
    """
    with foreign_files.open_regular(path) as file:
        return file.read(count)


def require_file(path: Path) -> None:
    """Refuses a file that could block forever when read, or beyond the limit of a single file.

    Raises:
      CheckpointError: if it is a pipe or a device, or larger than `foreign_files.LARGEST_FILE`.
    """
    if not path.is_file():
        raise CheckpointError(
            f"{path.name} is neither a file nor a folder: copy its content to a file and pass that"
        )
    if path.stat().st_size > foreign_files.LARGEST_FILE:  # a sparse one takes hours
        raise CheckpointError(
            f"{path.name} is larger than {foreign_files.LARGEST_FILE:,} bytes, the limit for a "
            "single file: copy or download the checkpoint again"
        )


def is_pointer(path: Path) -> bool:
    """Whether a file is the pointer that Git LFS leaves until the large file is fetched."""
    return head(path, len(_LFS)) == _LFS


def refuse_pointer(path: Path) -> CheckpointError:
    """The error for a Git LFS pointer."""
    return CheckpointError(
        f"{path.name} is a Git LFS pointer, not the file itself: run `git lfs pull` in the "
        "repository and try again"
    )
