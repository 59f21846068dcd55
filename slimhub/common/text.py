"""Words for people."""

from __future__ import annotations

from collections.abc import Sequence


def listed(items: Sequence[str], shown: int) -> str:
    """The first of many, and how many more there are: `a, b and 3 more`.

    Args:
      items: what is listed.
      shown: how many at most.
    """
    more = f" and {len(items) - shown} more" if len(items) > shown else ""
    return ", ".join(items[:shown]) + more
