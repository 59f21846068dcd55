"""Refuses invalid specs: users write theirs by hand."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from slimhub.nets.scaling import InputScaling
from slimhub.nets.spec import NetworkSpec, Paper, Published

_PATTERNS = ("regularized", "head", "auxiliary")
_TEXTS = ("scope", "family", "checkpoint", "feature_endpoint", "logits_scope", "logits_endpoint")
_TEXTS_OR_NONE = ("dropout_endpoint", "predictions_endpoint", "sigmoid_endpoint")
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
    if spec.builder is not None and not callable(spec.builder):
        yield f"builder is {spec.builder!r}, not a function"
    if spec.builder is None and not _names_layers(spec.layers):
        yield f"layers is {spec.layers!r}, not a function or the name of one as module:function"
    for field in _COUNTS:
        value = getattr(spec, field)
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            yield f"{field} is {value!r}, not a positive whole number"
    for field, (low, high) in _NUMBERS.items():
        value = getattr(spec, field)
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if not is_number or not low <= value <= high:
            yield f"{field} is {value!r}, not a number from {low:g} to {high:g}"
    for field in _PATTERNS:
        yield from _bad_pattern(field, getattr(spec, field))
    yield from _wrong_kinds(spec)


def _names_layers(layers: object) -> bool:
    if isinstance(layers, str):
        return re.fullmatch(r"[\w.]+:\w+", layers) is not None
    return callable(layers)


def _wrong_kinds(spec: NetworkSpec) -> Iterator[str]:
    """Fields that should hold a string, or an object of a certain class, but do not."""
    for field in (*_TEXTS, *_TEXTS_OR_NONE):
        value = getattr(spec, field)
        if not isinstance(value, str) and not (value is None and field in _TEXTS_OR_NONE):
            yield f"{field} is {value!r}, not a string"
    if not isinstance(spec.input_scaling, InputScaling):
        yield f"input_scaling is {spec.input_scaling!r}, not one of nets.scaling.InputScaling"
    if not isinstance(spec.paper, Paper | None):
        yield f"paper is {spec.paper!r}, not a nets.spec.Paper"
    if not isinstance(spec.published, Published):
        yield f"published is {spec.published!r}, not a nets.spec.Published"


def _bad_pattern(field: str, pattern: Any) -> Iterator[str]:
    if pattern is None and field == "auxiliary":
        return
    try:
        re.search(pattern, "")  # a bytes pattern compiles, but never matches a name
    except (re.error, TypeError) as error:
        yield f"{field} is {pattern!r}, not a regular expression: {error}"
