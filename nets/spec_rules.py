"""Refuses invalid specs: users write theirs by hand."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from slimhub.nets.scaling import InputScaling
from slimhub.nets.spec import NetworkSpec, Paper, Published

_MOST_CHANNELS = 16
_PATTERNS = ("regularized", "head", "auxiliary")
_TEXTS = ("scope", "family", "checkpoint", "feature_endpoint", "logits_scope", "logits_endpoint")
_TEXTS_OR_NONE = ("dropout_endpoint", "predictions_endpoint", "sigmoid_endpoint")
_COUNTS = ("feature_depth", "num_classes", "smallest_image")
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
    yield from _wrong_images(spec)
    for field in _COUNTS:
        value = getattr(spec, field)
        if not _is_count(value):
            yield f"{field} is {value!r}, not a positive whole number"
    for field, (low, high) in _NUMBERS.items():
        value = getattr(spec, field)
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if not is_number or not low <= value <= high:
            yield f"{field} is {value!r}, not a number from {low:g} to {high:g}"
    for field in _PATTERNS:
        yield from _bad_pattern(field, getattr(spec, field))
    yield from _wrong_kinds(spec)


def _wrong_images(spec: NetworkSpec) -> Iterator[str]:
    size = spec.image_size
    is_pair = isinstance(size, tuple) and len(size) == 2 and all(map(_is_count, size))
    if not is_pair and not _is_count(size):
        yield f"image_size is {size!r}, not a positive whole number, or a pair of them"
    if not _is_count(spec.channels) or spec.channels > _MOST_CHANNELS:
        yield f"channels is {spec.channels!r}, not a whole number from 1 to {_MOST_CHANNELS}"
    elif getattr(spec.input_scaling, "needs_colors", False) and spec.channels != 3:
        yield f"input_scaling subtracts the mean of 3 colors, but channels is {spec.channels}"


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


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
