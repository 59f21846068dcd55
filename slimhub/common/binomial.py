"""How sure a fraction is that was counted."""

from __future__ import annotations

import math

_Z = 1.959963984540054  # the normal quantile of a two-sided 95% interval


def wilson(right: int, count: int) -> tuple[float, float]:
    """Wilson's 95% interval of a fraction (https://doi.org/10.2307/2276774).

    Args:
      right: how many have the property.
      count: of how many, at least one.
    """
    fraction, square = right / count, _Z * _Z
    middle = (fraction + square / (2 * count)) / (1 + square / count)
    half = _Z / (1 + square / count)
    half *= math.sqrt(fraction * (1 - fraction) / count + square / (4 * count * count))
    # At the ends exactly, whatever the rounding.
    return (middle - half if right else 0.0), (middle + half if right < count else 1.0)
