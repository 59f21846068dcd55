"""How far apart arrays are, and how far rounding can move them."""

from __future__ import annotations

import numpy as np

ROUNDINGS = 20  # times the effect of the last bit of the input: kernels round in every layer
LAST_BIT = float(np.finfo(np.float32).eps)


def relative(actual: np.ndarray, expected: np.ndarray, scale: float | None = None) -> float:
    """Largest difference, relative to the largest expected magnitude; infinite for NaN.

    Args:
      actual: the array to compare.
      expected: of the same shape.
      scale: the magnitude to use instead.
    """
    if expected.size == 0 or np.array_equal(actual, expected):
        return 0.0
    difference = float(np.abs(actual.astype(np.float64) - expected).max())
    largest = float(np.abs(expected).max()) if scale is None else scale
    ratio = difference / largest if largest else np.inf
    return ratio if np.isfinite(ratio) else np.inf
