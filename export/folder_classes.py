"""Folders that are classes of pictures, and whether their names are numbers."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

_MOST_DIGITS = 9  # of a folder's name that is taken for a number
_PARTS = (
    "test",
    "validation",
    "val",
    "valid",
    "dev",
    "train",
    "training",
)  # as data sets call them
_BETWEEN_WORDS = re.compile(r"[_\-.]")


def inside(folder: Path) -> Iterator[str]:
    """Names of the folders in a folder, which may be classes; hidden ones are left out."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if not entry.name.startswith(".") and entry.is_dir():
                yield entry.name


def is_there(folder: Path) -> bool:
    """Whether a folder has folders in it, which then are the classes."""
    return any(inside(folder))


def parts(folder: Path) -> list[str]:
    """Folders that are parts of the data rather than classes: at least two, with folders in them.

    Args:
      folder: with folders in it.
    """
    inner = {*inside(folder)}
    found = [name for name in _PARTS if name in inner and is_there(folder / name)]
    return found if len(found) > 1 else []


def parts_in(names: Iterable[str]) -> list[str]:
    """Parts of data that names of files have as a word, such as `flowers_train_00000-of-00005`.

    Args:
      names: of files.
    """
    words = {word for name in names for word in _BETWEEN_WORDS.split(name)}
    return [part for part in _PARTS if part in words]


def are_numbers(names: Iterable[str]) -> bool:
    """Whether all names are numbers, which then are the labels."""
    return all(name.isascii() and name.isdigit() and len(name) <= _MOST_DIGITS for name in names)
