"""Masks that TensorFlow's model pruning stores beside the weights."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

_WEIGHTS = re.compile(r"(?P<layer>^|.*/)\w*(weights|kernel)$")
_MASK = re.compile(r"/mask$")
# What pruning keeps beside a mask: with the mask applied, nothing needs it.
_BESIDE_MASK = ("threshold", "old_weight", "old_old_weight", "gradient")

Shape = tuple[int, ...]


def find(stored: Mapping[str, Shape], wanted: Mapping[str, Shape]) -> dict[str, str]:
    """The mask of each variable that was pruned.

    Args:
      stored: shapes of a checkpoint's tensors, by name.
      wanted: shapes of a network's variables, by name.

    Returns:
      Names of masks by variable. What a network has as a variable of its own is not a mask.
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
    """Names of the other tensors that pruning may have stored in the layers of masks."""
    return {_MASK.sub(f"/{name}", mask) for mask in masks for name in _BESIDE_MASK}
