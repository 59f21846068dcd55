"""Sizes of images: one number of pixels for squares, `HEIGHTxWIDTH` for others."""

from __future__ import annotations

import re
from typing import TypeAlias

ImageSize: TypeAlias = "int | tuple[int, int]"  # of squares, or height and width; in pixels
LARGEST = 4096  # height or width
MOST_NUMBERS = LARGEST * LARGEST * 3  # of one image, all channels together

_SIDES = re.compile(r"(\d{1,9})x(\d{1,9})")


def parse_size(text: str) -> int | str:
    """The value of the option `image_size` that a user wrote.

    Args:
      text: `224`, or `96x160` for a height of 96 and a width of 160.

    Returns:
      A number for squares, the text for others.

    Raises:
      ValueError: if it is neither.
    """
    return spell(read_size(int(text) if text.isdecimal() else text))


def read_size(value: int | str) -> ImageSize:
    """The size that a value of the option stands for.

    Args:
      value: a number of pixels, or `HEIGHTxWIDTH`.

    Raises:
      ValueError: if it is neither.
    """
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    found = _SIDES.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise ValueError(f"{value!r} is neither a whole number nor HEIGHTxWIDTH")
    height, width = map(int, found.groups())
    return height if height == width else (height, width)


def spell(size: ImageSize) -> int | str:
    """The value of the option for a size: a number, or `HEIGHTxWIDTH`."""
    return size if isinstance(size, int) else "{}x{}".format(*size)


def of_sides(height: int, width: int) -> int | str:
    """The value of the option for a height and a width in pixels, which may be impossible ones."""
    return spell(height if height == width else (height, width))


def sides(size: ImageSize) -> tuple[int, int]:
    """Height and width in pixels."""
    return (size, size) if isinstance(size, int) else size
