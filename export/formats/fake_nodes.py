"""Nodes of fake quantization: values in float, rounded to those that 8 bits can hold.

Imports TensorFlow.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

BITS = 8


def fake(name: str, source: str, ends: tuple[float, float], *, narrow: bool = False) -> list[Any]:
    """Nodes that fake-quantize a node's output.

    Args:
      name: of the last node.
      source: name of the node to quantize.
      ends: smallest and largest value.
      narrow: whether the lowest of the 256 steps is not used, as in weights.
    """
    names = [f"{name}/min", f"{name}/max"]
    made = [constant(end, np.float32(value)) for end, value in zip(names, ends, strict=True)]
    node = tf.compat.v1.NodeDef(name=name, op="FakeQuantWithMinMaxVars", input=[source, *names])
    node.attr["num_bits"].i = BITS
    node.attr["narrow_range"].b = narrow
    return [*made, node]


def constant(name: str, value: Any) -> Any:
    """A node with an f32 value."""
    node = tf.compat.v1.NodeDef(name=name, op="Const")
    node.attr["dtype"].type = tf.float32.as_datatype_enum
    node.attr["value"].tensor.CopyFrom(tf.make_tensor_proto(value, tf.float32))
    return node


def operation(name: str, kind: str, *inputs: str) -> Any:
    """A node of f32 inputs, without other attributes."""
    node = tf.compat.v1.NodeDef(name=name, op=kind, input=inputs)
    node.attr["T"].type = tf.float32.as_datatype_enum
    return node
