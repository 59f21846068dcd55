"""What the values of moving statistics tell of their training."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

_INITIAL = {"moving_mean": 0.0, "moving_variance": 1.0}  # as TF-Slim's batch norm begins

NEVER_MOVED = (
    "warning: no moving statistic ever moved (all means are 0, all variances 1): the training did "
    "not run the update ops of its batch norms, so that inference normalizes nothing; train some "
    "more steps that run them, and export then"
)


def never_moved(values: Mapping[str, np.ndarray]) -> bool:
    """Whether all moving statistics are what they were before the first step.

    Args:
      values: by variable name.

    Returns:
      False where there are none.
    """
    statistics = [
        (value, _INITIAL[leaf])
        for name, value in values.items()
        if (leaf := name.rpartition("/")[2]) in _INITIAL
    ]
    return bool(statistics) and all((value == initial).all() for value, initial in statistics)
