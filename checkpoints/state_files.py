"""State files: the `checkpoint` files in which TensorFlow records the latest checkpoint.

They hold paths of the machine that trained, so only the last part counts.
"""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath

from slimhub.checkpoints import names, source_files

NAME = "checkpoint"
_LATEST = re.compile(r'^model_checkpoint_path:\s*"([^"]*)"', re.MULTILINE)
_MAX_CHARACTERS = 1 << 20  # a state file lists the few checkpoints that are kept


def find_latest(folder: Path, files: list[str]) -> dict[str, str]:
    """The base name in each folder's state file.

    Args:
      folder: the common parent of the files.
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
      path: of an existing file.
    """
    prefix = names.prefix_of(path.name)
    if prefix is None and path.name == NAME:
        prefix = _read(path)
    return None if prefix is None else path.with_name(prefix)


def _read(path: Path) -> str | None:
    text = source_files.head(path, _MAX_CHARACTERS).decode("utf-8", "replace")
    match = _LATEST.search(text)
    name = re.split(r"[/\\]", match[1])[-1] if match else ""
    return None if name in ("", ".", "..") or "\0" in name else name
