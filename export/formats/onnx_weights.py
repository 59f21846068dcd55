"""Weights of ONNX files in fewer bits, which a runtime turns into 32 when it loads the file.

Not with DequantizeLinear: ONNX Runtime computes that in each call, which takes twice as long as the
float network (MobileNet V1 1.0: 19 ms, and 9 with the casts used here).
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np

_MATRIX = 2  # dimensions of the smallest weights that are stored in fewer bits; biases are not
_LARGEST = 127  # of signed 8-bit integers; the smallest is not used, so that 0 is in the middle


def has_weights(node: Any, constants: Collection[str]) -> bool:
    """Whether a node is a convolution or fully connected, with constant weights.

    Args:
      node: of a graph.
      constants: names of its initializers.
    """
    return node.op_type in ("Conv", "Gemm", "MatMul") and node.input[1] in constants


def store_in_16_bits(model: Any) -> None:
    """Stores all weights in 16 bits, each with a cast.

    Args:
      model: is changed.
    """
    import onnx
    from onnx import helper, numpy_helper

    casts = []
    for tensor in model.graph.initializer:
        if tensor.data_type == onnx.TensorProto.FLOAT and len(tensor.dims) >= _MATRIX:
            name, stored = tensor.name, f"{tensor.name}/float16"
            halved = numpy_helper.to_array(tensor).astype(np.float16)
            tensor.CopyFrom(numpy_helper.from_array(halved, stored))
            casts.append(helper.make_node("Cast", [stored], [name], to=onnx.TensorProto.FLOAT))
    _put_first(model, casts)


def store_in_8_bits(model: Any, names: Collection[str]) -> None:
    """Stores the weights of some nodes in 8 bits, each with a cast and a factor per channel.

    The factor of an output channel is the largest magnitude of its weights / 127.

    Args:
      model: is changed.
      names: of the nodes; those without weights in 32 bits are left alone.
    """
    import onnx
    from onnx import helper, numpy_helper

    tensors = {tensor.name: tensor for tensor in model.graph.initializer}
    channels = {
        node.input[1]: _channel(node)
        for node in model.graph.node
        if node.name in names and has_weights(node, tensors)
    }
    added = []
    for name, channel in channels.items():
        tensor = tensors[name]
        if tensor.data_type != onnx.TensorProto.FLOAT:
            continue
        weights = numpy_helper.to_array(tensor)
        others = tuple(axis for axis in range(weights.ndim) if axis != channel % weights.ndim)
        largest = np.abs(weights).max(others, keepdims=True)
        factor = np.where(largest > 0, largest / _LARGEST, 1).astype(np.float32)
        integers = np.round(weights / factor).astype(np.int8)
        tensor.CopyFrom(numpy_helper.from_array(integers, f"{name}/int8"))
        model.graph.initializer.append(numpy_helper.from_array(factor, f"{name}/factor"))
        stored, cast = [f"{name}/int8"], f"{name}/cast"
        added.append(helper.make_node("Cast", stored, [cast], to=onnx.TensorProto.FLOAT))
        added.append(helper.make_node("Mul", [cast, f"{name}/factor"], [name]))
    _put_first(model, added)


def _channel(node: Any) -> int:
    """The axis of a node's output channels in its weights."""
    if node.op_type == "MatMul":
        return -1
    is_transposed = any(entry.name == "transB" and entry.i for entry in node.attribute)
    return 0 if node.op_type == "Conv" or is_transposed else -1


def _put_first(model: Any, added: list[Any]) -> None:
    nodes = [*added, *model.graph.node]
    del model.graph.node[:]
    model.graph.node.extend(nodes)
