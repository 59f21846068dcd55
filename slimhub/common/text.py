"""Helpers for text that people read."""

from __future__ import annotations

import re
from collections.abc import Sequence

# Control characters of both sets, but for tab and newline, marks that change the direction, and
# bytes of a name that are not UTF-8.
_CONTROL = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)


def listed(items: Sequence[str], shown: int) -> str:
    """The first items of a list and the number of those left out: `a, b and 3 more`.

    Args:
      items: the whole list.
      shown: the most items to show.
    """
    more = f" and {len(items) - shown} more" if len(items) > shown else ""
    return ", ".join(items[:shown]) + more


def either(items: Sequence[str]) -> str:
    """A choice: `a`, `a or b`, `a, b or c`.

    Args:
      items: at least one.
    """
    *first, last = items
    return f"{', '.join(first)} or {last}" if first else last


def printable(text: str) -> str:
    """A name from elsewhere as one line that cannot control a terminal: `\\x1b` for an escape.

    Args:
      text: of any characters.
    """
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def harmless(text: str) -> str:
    """A text of any lines that cannot control a terminal, nor reorder what is shown.

    Args:
      text: of any characters; line ends and tabs stay.
    """
    return _CONTROL.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def count(number: int, noun: str, plural: str | None = None) -> str:
    """A number with its noun in the right form: `1 export`, `2 exports`.

    Args:
      number: how many; with commas from 10,000 on.
      noun: in the singular.
      plural: if it is not the noun with an `s`.
    """
    shown = f"{number:,}" if number >= 10_000 else str(number)
    return f"{shown} {noun if number == 1 else plural or noun + 's'}"
