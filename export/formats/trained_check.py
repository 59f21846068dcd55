"""Whether a LiteRT file computes in 8 bits at every trained place."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from slimhub.export.formats.trained_places import Range, TrainedPlaces

_STEPS, _NARROW = 255, 254  # of activations, and of weights, whose lowest value is not used
_DIGITS = ".5g"  # of a step, as a key


def missing(content: bytes, places: TrainedPlaces) -> list[str]:
    """Names of nodes whose trained range is not that of an 8-bit tensor in a file.

    The step of a range is `(max - min) / 255`, or 254 for weights
    (`tf.quantization.fake_quant_with_min_max_vars`).

    Args:
      content: a LiteRT file.
      places: of the ranges.
    """
    stored, computed = _steps(content)
    found = []
    for name, ends in places.weights.items():
        step = _step(ends, _NARROW)
        if not stored[step]:
            found.append(name)
        stored[step] -= 1
    found += [
        name for name, ends in places.activations.items() if not computed[_step(ends, _STEPS)]
    ]
    return found


def _step(ends: Range, count: int) -> str:
    return format((ends[1] - ends[0]) / count, _DIGITS)


def _steps(content: bytes) -> tuple[Counter[str], Counter[str]]:
    """How many constants, and how many computed tensors, have each step."""
    from ai_edge_litert import schema_py_generated as schema

    model = schema.Model.GetRootAs(content, 0)
    graph = model.Subgraphs(0)
    constants: Counter[str] = Counter()
    computed: Counter[str] = Counter()
    for number in range(graph.TensorsLength()):
        tensor = graph.Tensors(number)
        if tensor.Type() == schema.TensorType.UINT8 and tensor.Quantization() is not None:
            has_values = model.Buffers(tensor.Buffer()).DataLength() > 0
            kind = constants if has_values else computed
            kind.update(format(scale, _DIGITS) for scale in _scales(tensor.Quantization()))
    return constants, computed


def _scales(quantization: Any) -> Iterator[float]:
    for number in range(quantization.ScaleLength()):
        yield quantization.Scale(number)
