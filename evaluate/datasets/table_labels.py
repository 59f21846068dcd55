"""The labels in a table: all integers, or all names."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from slimhub.common.errors import RequestError

_MOST_DIGITS = 9


def parse(path: Path, labels: Sequence[tuple[int, str]]) -> tuple[list[int], tuple[str, ...]]:
    """The labels of a table as integers.

    Args:
      path: of the table, for messages.
      labels: at least one, as (line, text).

    Returns:
      The label of each row, and what labels are called: names are numbered as they sort; integers
      have no names.

    Raises:
      RequestError: names the line of a label that is empty, a fraction, or a name among integers.
    """
    for line, label in labels:
        if not label:
            raise RequestError(f"{path}, line {line}: the label is empty: write one")
        if _is_fraction(label):
            raise RequestError(
                f"{path}, line {line}: the label {label} is not an integer: write "
                f"{label.partition('.')[0]} (pandas writes integers so where some are missing)"
            )
    others = [(line, label) for line, label in labels if not _is_integer(label)]
    if not others:
        return [int(label) for _, label in labels], ()
    if len(others) < len(labels):
        line, label = others[0]
        raise RequestError(
            f"{path}, line {line}: the label {label!r} is not an integer, as other labels are: "
            "write all labels as integers, or all as names"
        )
    names = tuple(sorted({label for _, label in labels}))
    number_of = {name: number for number, name in enumerate(names)}
    return [number_of[label] for _, label in labels], names


def _is_integer(label: str) -> bool:
    return label.isascii() and label.removeprefix("-").isdigit() and len(label) <= _MOST_DIGITS


def _is_fraction(label: str) -> bool:
    whole, point, rest = label.partition(".")
    return bool(point) and _is_integer(whole) and not rest.strip("0")
