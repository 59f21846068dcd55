"""Masks that TensorFlow's model pruning stores next to the weights."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

_WEIGHTS = re.compile(r"(?P<layer>^|.*/)\w*(weights|kernel)$")
_MASK = re.compile(r"/mask$")
# What pruning stores besides masks; not needed once the mask is applied.
_PRUNING_STATE = ("threshold", "old_weight", "old_old_weight", "gradient")

Shape = tuple[int, ...]


def find(stored: Mapping[str, Shape], wanted: Mapping[str, Shape]) -> dict[str, str]:
    """Finds the mask of each pruned variable.

    Args:
      stored: shapes of a checkpoint's tensors, by name.
      wanted: shapes of a network's variables, by name.

    Returns:
      Names of masks by variable. A tensor that the network has as a variable is not a mask.
    """
    masks = {}
    for name, shape in wanted.items():
        weights = _WEIGHTS.match(name)
        if weights is None:
            continue
        mask = f"{weights['layer']}mask"
        if mask not in wanted and stored.get(mask) == tuple(shape):
            masks[name] = mask
    return masks


def names_beside(masks: Iterable[str]) -> set[str]:
    """Names of other tensors that pruning may have stored in layers with masks."""
    return {_MASK.sub(f"/{name}", mask) for mask in masks for name in _PRUNING_STATE}
