"""Reads whole files that anybody may have written: regular ones, of a bounded size."""

from __future__ import annotations

from pathlib import Path

from slimhub.common.errors import CheckpointError

_LFS = b"version https://git-lfs.github.com/spec/"  # of the pointer in a large file's place


def read(path: Path, max_bytes: int) -> bytes:
    """The content of a file.

    Args:
      path: of the file.
      max_bytes: bound of its size.

    Raises:
      CheckpointError: for a larger one, an empty one, and what is not a file.
    """
    require_file(path)
    with path.open("rb") as file:
        content = file.read(max_bytes + 1)
    if not content:
        raise CheckpointError(f"{path.name} is empty: copy or download it again")
    if len(content) > max_bytes:
        raise CheckpointError(
            f"{path.name} is larger than {max_bytes:,} bytes, the most that slimhub reads of its "
            "kind: export the checkpoint that it was made from"
        )
    return content


def require_file(path: Path) -> None:
    """Refuses what would be waited for without end.

    Raises:
      CheckpointError: for a pipe or a device.
    """
    if not path.is_file():
        raise CheckpointError(
            f"{path.name} is neither a file nor a folder: give a copy of what it stands for"
        )


def is_pointer(path: Path) -> bool:
    """Whether a file is what Git keeps in place of a large file that was not fetched."""
    with path.open("rb") as file:
        return file.read(len(_LFS)) == _LFS


def refuse_pointer(path: Path) -> CheckpointError:
    """The error for a pointer of Git LFS."""
    return CheckpointError(
        f"{path.name} is a Git LFS pointer, not the file itself: run `git lfs pull` in the "
        "repository, then the command again"
    )
