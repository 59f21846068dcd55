"""Digests of checkpoints."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

_BLOCK = 1 << 20  # bytes read at once


def sha256_of_file(path: Path) -> str:
    """Hex digest of a file."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def sha256_of_checkpoint(files: Sequence[Path]) -> str:
    """Hex digest of the lines `<sha256>  <base name>` of a checkpoint's files, in order.

    The same text that `sha256sum` prints for them, so that anyone can repeat it.
    """
    lines = "".join(f"{sha256_of_file(file)}  {file.name}\n" for file in files)
    return hashlib.sha256(lines.encode()).hexdigest()
