"""Digests of checkpoints."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from slimhub.common import files


def sha256_of_source(paths: Sequence[Path]) -> str:
    """Hex digest of the lines `<sha256>  <base name>` of a checkpoint's files, in order.

    This is the text that `sha256sum` prints for them, so anyone can reproduce the digest.
    """
    lines = "".join(f"{files.sha256_of(path)}  {path.name}\n" for path in paths)
    return hashlib.sha256(lines.encode()).hexdigest()
