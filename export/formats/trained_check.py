"""Whether a LiteRT file computes in 8 bits at every trained place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from slimhub.export.formats.trained_places import Range, TrainedPlaces

_STEPS, _NARROW = 255, 254  # of activations, and of weights, whose lowest value is not used
_CLOSE = 1e-5  # relative; the converter computes steps in single precision


def missing(content: bytes, places: TrainedPlaces) -> list[str]:
    """Names of nodes whose trained range is not that of an 8-bit tensor in a file.

    The step of a range is `(max - min) / 255`, or 254 for weights
    (`tf.quantization.fake_quant_with_min_max_vars`).

    Args:
      content: a LiteRT file.
      places: of the ranges. Each has a tensor of its own, though several may have the same range.
    """
    stored, computed = _steps(content)
    return [
        *_without(stored, places.weights, _NARROW),
        *_without(computed, places.activations, _STEPS),
    ]


def _without(steps: list[float], places: Mapping[str, Range], count: int) -> Iterator[str]:
    """Names of places for which there is no step, or none that is left by others."""
    left = list(steps)
    for name, ends in places.items():
        same = _like(left, ends, count)
        if same is None:
            yield name
        else:
            del left[same]


def _like(steps: list[float], ends: Range, count: int) -> int | None:
    """The index of the step of a range among others; None if it is not there."""
    close = np.isclose(steps, (ends[1] - ends[0]) / count, rtol=_CLOSE, atol=0)
    return int(close.argmax()) if close.any() else None


def _steps(content: bytes) -> tuple[list[float], list[float]]:
    """Steps of 8-bit constants, and of 8-bit tensors that are computed."""
    from ai_edge_litert import schema_py_generated as schema

    model = schema.Model.GetRootAs(content, 0)
    graph = model.Subgraphs(0)
    constants: list[float] = []
    computed: list[float] = []
    for number in range(graph.TensorsLength()):
        tensor = graph.Tensors(number)
        quantization = tensor.Quantization()
        if tensor.Type() == schema.TensorType.UINT8 and quantization is not None:
            has_values = model.Buffers(tensor.Buffer()).DataLength() > 0
            steps = [quantization.Scale(i) for i in range(quantization.ScaleLength())]
            (constants if has_values else computed).extend(steps)
    return constants, computed
