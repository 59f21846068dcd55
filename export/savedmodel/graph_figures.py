"""Multiply-adds and shapes of a network as it was built. Imports TensorFlow."""

from __future__ import annotations

import dataclasses
import math

import tensorflow as tf

from slimhub.export.record_parts import RecordedFigures
from slimhub.export.savedmodel import graphs
from slimhub.export.savedmodel.graphs import Graphs
from slimhub.nets import NetworkSpec

# Operations that multiply by weights: each weight once at every position of the output.
_COUNTED = ("Conv2D", "DepthwiseConv2dNative", "MatMul")


def measure(spec: NetworkSpec, task: str, built: Graphs) -> RecordedFigures:
    """Counts on the graph of inference, for images of the network's size.

    Args:
      spec: the network; one of free size is traced once more, at its own size.
      task: one of `nets.TASKS`.
      built: its graphs.
    """
    function = built.inference
    if spec.size_is_free:
        fixed = dataclasses.replace(spec, size_is_free=False)
        function = graphs.build_inference(fixed, task, built.variables)
    outputs = function.structured_outputs
    return RecordedFigures(
        macs=count_macs(function.graph),
        endpoints={
            name: tuple(tensor.shape.as_list()[1:])
            for name, tensor in outputs.items()
            if name != graphs.DEFAULT_KEY
        },
    )


def _map_of(operation: tf.Operation) -> tf.Tensor:
    """The output of a layer; of a dilated one, which works on parts of the map, the whole map."""
    output = operation.outputs[0]
    whole = [user for user in output.consumers() if user.type == "BatchToSpaceND"]
    return whole[0].outputs[0] if whole else output


def count_macs(graph: tf.Graph) -> int:
    """Counts the multiply-adds of a graph for one image, as papers on mobile networks do.

    Counted are convolutions, depthwise convolutions and matrix products, those of squeeze-excite
    and of the logits among them; where a window hangs over the edge, the zeros count as well.
    Not counted are biases, batch norm, activations, gates, residual sums, pooling and softmax.

    Args:
      graph: of known shapes, but for the batch's; images are [batch, height, width, channels].

    Returns:
      Multiply-adds, a multiplication and an addition being one.
    """
    total = 0
    for operation in graph.get_operations():
        if operation.type in _COUNTED:
            positions = math.prod(_map_of(operation).shape.as_list()[1:-1])
            total += positions * math.prod(operation.inputs[1].shape.as_list())
    return total
