"""What TensorFlow computes of constants while it imports a graph, to know shapes.

It does so before any size can be looked at: here, sizes are bounded without computing anything.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from typing import Any

from slimhub.export.verify.original.graph_nodes import node_of
from slimhub.export.verify.original.refusal import NotComparableError

_LARGEST = 1 << 22  # values that are made of fewer
_MOST_IN_ALL = 1 << 26
_RANK = 8  # values of a shape
# They give one value for each of their first input's.
_SAME = frozenset(
    {
        "Abs", "Cast", "Elu", "Exp", "Identity", "LeakyRelu", "Log", "LogSoftmax", "Neg",
        "PlaceholderWithDefault", "Reciprocal", "Relu", "Relu6", "ReverseV2", "Rsqrt", "Selu",
        "Sigmoid", "Softmax", "Softplus", "Softsign", "Sqrt", "Square", "StopGradient", "Tanh",
    }
)  # fmt: skip
# They give no more values than their largest input has.
_FEWER = frozenset(
    {
        "ExpandDims", "L2Loss", "Max", "Mean", "Min", "Prod", "Reshape", "Slice", "Split", "SplitV",
        "Squeeze", "StridedSlice", "Sum", "Transpose", "Unpack",
    }
)  # fmt: skip
_JOINED = frozenset({"AddN", "Concat", "ConcatV2", "Pack"})
_BROADCAST = frozenset(
    {
        "Add", "AddV2", "BiasAdd", "Div", "DivNoNan", "Equal", "FloorDiv", "Maximum", "Minimum",
        "Mul", "Pow", "RealDiv", "SquaredDifference", "Sub",
    }
)  # fmt: skip


@dataclasses.dataclass(frozen=True)
class _Bound:
    """How many values a constant has at most, and its shape where that is known."""

    size: int
    shape: tuple[int, ...] | None = None


def require_small(graph: Any) -> None:
    """Refuses a graph that makes much of constants, or what it is not known how much of.

    Args:
      graph: a GraphDef, each node after those that feed it.

    Raises:
      NotComparableError: where it does.
    """
    found: dict[str, _Bound] = {}
    total = 0
    for node in graph.node:
        if node.op == "Const":
            found[node.name] = _of_constant(node.attr["value"].tensor)
            continue
        if node.op == "Shape":
            found[node.name] = _Bound(_RANK)
            continue
        feeding = [found[name] for name in map(node_of, node.input) if name in found]
        if not feeding or len(feeding) < len(node.input):
            continue
        bound = _bound(node.op, feeding)
        if bound is None:
            raise NotComparableError(f"it computes {node.op} from constants, which is not run")
        total += bound.size
        largest = max(one.size for one in feeding)
        if bound.size > max(largest, _LARGEST) or total > _MOST_IN_ALL + largest:
            raise NotComparableError(
                f"it needs too much memory: {node.name} is computed from constants"
            )
        found[node.name] = bound


def _of_constant(tensor: Any) -> _Bound:
    shape = tuple(dim.size for dim in tensor.tensor_shape.dim)
    return _Bound(math.prod(shape), shape)


def _bound(op: str, feeding: Sequence[_Bound]) -> _Bound | None:
    """How much an operation makes of constants; None for one that is not known."""
    largest = max(one.size for one in feeding)
    if op in _SAME:
        return feeding[0]
    if op in _FEWER:
        return _Bound(largest)
    if op in _JOINED:
        return _Bound(sum(one.size for one in feeding))
    if op == "Fill":
        return _Bound(1 << 16)  # more is not run
    if op in _BROADCAST and len(feeding) == 2:
        return _broadcast(*feeding)
    return None


def _broadcast(left: _Bound, right: _Bound) -> _Bound:
    if 1 in (left.size, right.size):
        return _Bound(max(left.size, right.size), left.shape if left.size > 1 else right.shape)
    if left.shape is None or right.shape is None:
        return _Bound(left.size * right.size)
    rank = max(len(left.shape), len(right.shape))
    both = ((1,) * (rank - len(one)) + one for one in (left.shape, right.shape))
    shape = tuple(max(pair) for pair in zip(*both, strict=True))
    return _Bound(math.prod(shape), shape)
