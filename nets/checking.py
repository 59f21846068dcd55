"""Refuses specs that no network can have: those of users are written by hand."""

from __future__ import annotations

import re
from collections.abc import Iterator

from nets.scaling import InputScaling
from nets.spec import NetworkSpec

_PATTERNS = ("regularized", "head", "auxiliary")
_COUNTS = ("image_size", "feature_depth", "num_classes", "smallest_image")
# Lowest and highest value that makes sense.
_NUMBERS = {
    "depth_multiplier": (0.01, 4),
    "weight_decay": (0, 1),
    "batch_norm_epsilon": (1e-12, 1),
    "batch_norm_decay": (0, 1),
    "dropout_keep": (1e-3, 1),
}


def complaints(spec: NetworkSpec) -> Iterator[str]:
    """What is wrong with the fields of a spec, one sentence each."""
    if not isinstance(spec.name, str) or not spec.name:
        yield f"name is {spec.name!r}, not a name"
    if not isinstance(spec.scope, str):
        yield f"scope is {spec.scope!r}, not a text"
    if not callable(spec.builder):
        yield f"builder is {spec.builder!r}, not a function"
    for field in _COUNTS:
        value = getattr(spec, field)
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            yield f"{field} is {value!r}, not a whole number from 1 on"
    for field, (low, high) in _NUMBERS.items():
        value = getattr(spec, field)
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if not is_number or not low <= value <= high:
            yield f"{field} is {value!r}, not a number from {low:g} to {high:g}"
    if not isinstance(spec.input_scaling, InputScaling):
        yield f"input_scaling is {spec.input_scaling!r}, not one of nets.scaling.InputScaling"
    for field in _PATTERNS:
        yield from _bad_pattern(field, getattr(spec, field))


def _bad_pattern(field: str, pattern: object) -> Iterator[str]:
    if pattern is None and field == "auxiliary":
        return
    try:
        re.compile(pattern)
    except (re.error, TypeError) as error:
        yield f"{field} is {pattern!r}, not a regular expression: {error}"
