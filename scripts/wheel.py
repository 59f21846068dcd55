"""Builds the wheel of the repository, for programs that examine what users install."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).parent.parent
_NOT_COPIED = shutil.ignore_patterns(".*", "__pycache__", "build", "dist", "*.egg-info")


def build(folder: Path) -> Path:
    """Builds the wheel from a copy: setuptools leaves files behind where it builds.

    Args:
      folder: receives the copy and the wheel.

    Returns:
      Path of the wheel.
    """
    source = folder / "source"
    shutil.copytree(REPOSITORY, source, ignore=_NOT_COPIED)
    return pack(source, folder)


def pack(source: Path, folder: Path) -> Path:
    """Builds the wheel of a copy of the repository.

    Args:
      source: the copy.
      folder: receives the wheel.

    Returns:
      Path of the wheel.
    """
    command = [
        *(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"),
        *("--wheel-dir", str(folder), str(source)),
    ]
    subprocess.run(command, check=True)
    return max(folder.glob("slimhub-*.whl"), key=lambda path: path.stat().st_mtime)
