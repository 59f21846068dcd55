"""What sources that are a single file have in common, see `SourceKind`.

Modules of such kinds import these functions, which makes them a `SourceKind`.
"""

from __future__ import annotations

from pathlib import Path


def locate_file(path: Path) -> Path:
    """The file itself."""
    return path


def has_shadows(path: Path) -> bool:
    """Does not look for averages."""
    return False


def locate_label(folder: Path, label: str) -> Path:
    """The file."""
    return folder / label


def is_part(file: str, label: str) -> bool:
    """Such a source is one file."""
    return file == label


def list_files(path: Path) -> list[Path]:
    """Such a source is one file."""
    return [path]
