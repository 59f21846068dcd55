"""State files: the `checkpoint` beside checkpoints, in which TensorFlow notes the last one.

It names paths of the machine that trained, so that only their last part counts.
"""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath

from slimhub.checkpoints import names

NAME = "checkpoint"
_LATEST = re.compile(r'^model_checkpoint_path:\s*"([^"]*)"', re.MULTILINE)
_MAX_CHARACTERS = 1 << 20  # a state file lists the checkpoints that are kept, often a few


def find_latest(folder: Path, files: list[str]) -> dict[str, str]:
    """The base name that each folder's state file gives.

    Args:
      folder: above the files.
      files: relative names.
    """
    latest = {}
    for file in files:
        path = folder / file
        if path.name == NAME and path.is_file() and (name := _read(path)):
            latest[str(PurePosixPath(file).parent)] = name
    return latest


def prefix_of_file(path: Path) -> Path | None:
    """The prefix of the checkpoint that a file belongs to, or that it names as a state file.

    Args:
      path: of a file that is there.
    """
    prefix = names.prefix_of(path.name)
    if prefix is None and path.name == NAME:
        prefix = _read(path)
    return None if prefix is None else path.with_name(prefix)


def _read(path: Path) -> str | None:
    with path.open("rb") as file:
        text = file.read(_MAX_CHARACTERS).decode("utf-8", "replace")
    match = _LATEST.search(text)
    name = re.split(r"[/\\]", match[1])[-1] if match else ""
    return None if name in ("", ".", "..") or "\0" in name else name
