"""What the kinds of sources that are one file have in common, see `SourceKind`.

Their modules import these functions, and are kinds with them.
"""

from __future__ import annotations

from pathlib import Path


def locate_file(path: Path) -> Path:
    """The file itself."""
    return path


def has_shadows(path: Path) -> bool:
    """Not looked for."""
    return False


def locate_label(folder: Path, label: str) -> Path:
    """The file."""
    return folder / label


def is_part(file: str, label: str) -> bool:
    """A source is one file."""
    return file == label


def list_files(path: Path) -> list[Path]:
    """A source is one file."""
    return [path]
