"""Checks whether random logits come from a dropout that keeps the right fraction."""

from __future__ import annotations

import numpy as np

from slimhub.common.text import count

_FEW = 8  # largest number of dropped features in an image that can be identified one by one
_MANY = 20  # number of logits for which their mean deviation is surely close to its expectation
_RARE = 27.0  # a correct dropout is refused once in e**_RARE logits, which is 5e11
_ROUNDING = 1e-5  # of the largest logit; float32 sums of about a thousand products


def complaint(
    logits: np.ndarray,
    features: np.ndarray,
    kernel: np.ndarray,
    bias: np.ndarray,
    keep: float,
) -> str:
    """What contradicts logits being `dropout(features) @ kernel + bias`.

    Dropout sets each feature to 0 with probability 1 - keep, and divides the others by keep.

    Args:
      logits: f32[batch, classes].
      features: f64[batch, width], before the dropout.
      kernel: f64[width, classes].
      bias: f64[classes].
      keep: probability of keeping a feature, in (0, 1].

    Returns:
      A sentence, empty if nothing does.
    """
    logits = logits.astype(np.float64)
    dropped = (features != 0).sum(axis=1).mean() * (1 - keep)
    if dropped < _FEW and logits.shape[1] >= 8 * _most(dropped):
        return _examine_each(logits, features, kernel, bias, keep)
    # The same number of features of equal size would give the sum the same kurtosis.
    squares = np.square(features)
    alike = squares.sum(axis=1) ** 2 / np.maximum(np.square(squares).sum(axis=1), 1e-99)
    has_spread = alike.mean() * (1 - keep) >= _FEW and logits.size >= _MANY
    return _examine_spread(logits, features, kernel, bias, keep, has_spread)


def _most(expected: float) -> float:
    """A number of dropped features beyond chance, by the tail of the Poisson distribution."""
    return expected + float(np.sqrt(2 * expected * _RARE)) + _RARE / 3


def _examine_each(
    logits: np.ndarray, features: np.ndarray, kernel: np.ndarray, bias: np.ndarray, keep: float
) -> str:
    """Identifies the dropped features one by one, by what the logits lack."""
    whole = features @ kernel
    rounding = _ROUNDING * float(np.abs(whole).max() + np.abs(bias).max())
    lacking = whole - (logits - bias) * keep
    squares = np.square(kernel).sum(axis=1)
    total = 0
    for row, values in zip(lacking, features, strict=True):
        while np.abs(row).max() > rounding:
            gain = 2 * values * (kernel @ row) - np.square(values) * squares
            best = int(gain.argmax())
            if gain[best] <= 0:
                break
            row -= values[best] * kernel[best]
            total += 1
    off = float(np.abs(lacking).max())
    if not off <= rounding:
        return (
            f"logits are off by {off:.3g} from any choice of features kept with probability "
            f"{keep:g}"
        )
    expected = np.count_nonzero(features) * (1 - keep)
    if total > _most(expected):
        return f"dropout dropped {count(total, 'feature')}, but {expected:.3g} are expected"
    return ""


def _examine_spread(
    logits: np.ndarray,
    features: np.ndarray,
    kernel: np.ndarray,
    bias: np.ndarray,
    keep: float,
    has_spread: bool,
) -> str:
    """Compares the logits with their mean and standard deviation."""
    mean = features @ kernel + bias
    odds = (1 - keep) / keep
    deviation = np.sqrt(odds * np.square(features) @ np.square(kernel))
    # Bernstein's inequality: how far a sum of independent bounded terms can be from its mean. With
    # a head of zeros, nothing is random.
    largest = np.abs(features[:, :, np.newaxis] * kernel).max(axis=1) * max(odds, 1.0)
    rounding = _ROUNDING * float(np.abs(mean).max())
    bound = np.sqrt(2 * _RARE) * deviation + 2 / 3 * _RARE * largest + rounding
    distance = np.abs(logits - mean)
    excess = float((distance - bound).max())
    if not excess <= 0:
        return f"logits are {excess:.3g} farther from their mean than chance allows"
    is_random = deviation > rounding
    scores = distance[is_random] / deviation[is_random]
    spread = float(np.sqrt(np.square(scores).mean())) if scores.size else 1.0
    if has_spread and not 0.3 < spread < 3:
        return f"logits are {spread:.3g} standard deviations off on average, but 1 is expected"
    return ""
