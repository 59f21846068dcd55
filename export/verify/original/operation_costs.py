"""How much operations compute, as far as shapes tell it. Imports TensorFlow."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import tensorflow.compat.v1 as tf

from slimhub.export.verify.original.refusal import NotComparableError

_LEAST = 1 << 31  # products that are always allowed; seconds
_TIMES = 4  # what our own network computes is allowed so often


def require_little(graph: tf.Graph, needed: int) -> None:
    """Refuses a graph that computes far more than our network.

    Args:
      graph: with all shapes known.
      needed: products that our network computes of as many images.

    Raises:
      NotComparableError: where it does.
    """
    total = sum(_products(operation) for operation in graph.get_operations())
    if total > _LEAST + _TIMES * needed:
        raise NotComparableError(
            f"it computes too much: {total:.1e} multiplications, and the network {needed:.1e}"
        )


def of_layers(inputs: Mapping[str, np.ndarray], shapes: Mapping[str, tuple[int, ...]]) -> int:
    """Products that layers compute, at most: as if none had a stride.

    Args:
      inputs: of layers, channels last, by the name of their weights; others do not count.
      shapes: of weights, by name.
    """
    return sum(
        math.prod(inputs[name].shape[:-1]) * math.prod(shapes[name])
        for name in inputs
        if name in shapes
    )


def _products(operation: tf.Operation) -> int:
    sizes = [_size(tensor) for tensor in (*operation.inputs, *operation.outputs)]
    if not operation.outputs:
        return 0
    made = _size(operation.outputs[0])
    if operation.type in ("Conv2D", "DepthwiseConv2dNative"):
        kept = 3 if operation.type == "Conv2D" else 2
        return made * int(math.prod(operation.inputs[1].shape.as_list()[:kept]))
    if operation.type == "MatMul":
        shape = operation.inputs[0].shape.as_list()
        return made * int(shape[0 if operation.get_attr("transpose_a") else 1])
    if operation.type in ("AvgPool", "MaxPool"):
        return made * int(math.prod(operation.get_attr("ksize")))
    if operation.type == "LRN":
        return made * (2 * int(operation.get_attr("depth_radius")) + 1)
    return max(sizes)


def _size(tensor: tf.Tensor) -> int:
    return int(tensor.shape.num_elements() or 0)
