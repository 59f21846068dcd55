"""How far apart arrays are, and how far rounding takes them."""

from __future__ import annotations

import numpy as np

ROUNDINGS = 20  # times what the last bit of the input does: kernels round in every layer
LAST_BIT = float(np.finfo(np.float32).eps)


def relative(actual: np.ndarray, expected: np.ndarray, scale: float | None = None) -> float:
    """Largest difference, relative to the largest magnitude expected; infinite for NaN.

    Args:
      actual: what is compared.
      expected: of the same shape.
      scale: the magnitude to relate to instead.
    """
    if expected.size == 0 or np.array_equal(actual, expected):
        return 0.0
    difference = float(np.abs(actual.astype(np.float64) - expected).max())
    largest = float(np.abs(expected).max()) if scale is None else scale
    ratio = difference / largest if largest else np.inf
    return ratio if np.isfinite(ratio) else np.inf
