"""What the values of moving statistics say about the training."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

# the initial values of TF-Slim's batch norm
_INITIAL = {"moving_mean": 0.0, "moving_variance": 1.0}

NEVER_MOVED = (
    "warning: the moving statistics never changed (all means are 0, all variances 1): the "
    "training did not run the update ops of its batch norms, so inference does not normalize "
    "anything; train a few more steps that run them, then export"
)


def never_moved(values: Mapping[str, np.ndarray]) -> bool:
    """Whether all moving statistics still have their initial values.

    Args:
      values: by variable name.

    Returns:
      False if there are none.
    """
    statistics = [
        (value, _INITIAL[leaf])
        for name, value in values.items()
        if (leaf := name.rpartition("/")[2]) in _INITIAL
    ]
    return bool(statistics) and all((value == initial).all() for value, initial in statistics)
