"""What TensorFlow 1's fake-quantized inference of an artifact answers.

It is evaluated apart from the graph that is converted: batch norms are not folded. A layer gets the
weights that, multiplied by the batch norm behind it, are the quantized ones. Imports TensorFlow.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

from slimhub.export.formats import fake_nodes, frozen_nodes, trained_graph
from slimhub.export.formats.frozen_nodes import FrozenNodes
from slimhub.export.formats.trained_places import TrainedPlaces

_PIXELS = (0.0, 1.0)  # images have 8 bits, too
_BATCH = 8  # images in one call


def answers(nodes: FrozenNodes, places: TrainedPlaces, images: np.ndarray) -> np.ndarray:
    """Evaluates a network with `tf.quantization.fake_quant_with_min_max_vars`.

    Args:
      nodes: of a network for inference.
      places: where ranges belong.
      images: f32[batch, height, width, 3] in [0, 1], which are rounded to 8-bit pixels.

    Returns:
      f32[batch, width].

    Raises:
      MisfitError: if weights are not constants.
    """
    made = _simulated(nodes, places)
    shape = [None, *images.shape[1:]]

    @tf.function(autograph=False, input_signature=[tf.TensorSpec(shape, tf.float32)])
    def evaluate(batch: Any) -> Any:
        pixels = tf.quantization.fake_quant_with_min_max_vars(batch, *_PIXELS)
        return frozen_nodes.call(made, nodes.input, nodes.output, pixels)

    starts = range(0, len(images), _BATCH)
    found = [evaluate(tf.constant(images[start : start + _BATCH])).numpy() for start in starts]
    joined = np.concatenate(found)
    return joined.reshape(len(joined), -1)


def _simulated(nodes: FrozenNodes, places: TrainedPlaces) -> list[Any]:
    made: list[Any] = []
    for node in nodes:
        copy = tf.compat.v1.NodeDef()
        copy.CopyFrom(node)
        if node.name in places.weights:
            weights = f"{node.name}/simulated"
            made.append(fake_nodes.constant(weights, _weights(nodes, node.name, places)))
            copy.input[1] = weights
        made.append(copy)
        if node.name in places.activations:
            copy.name = f"{node.name}/exact"
            made += fake_nodes.fake(node.name, copy.name, places.activations[node.name])
    return made


def _weights(nodes: FrozenNodes, layer: str, places: TrainedPlaces) -> np.ndarray:
    """Quantized weights, divided by what the batch norm multiplies them with."""
    weights = trained_graph.constant(nodes, nodes[layer].input[1])
    scale = np.ones_like(weights)
    factor, _ = trained_graph.norm(nodes, layer)
    if factor is not None:  # depthwise weights have channels in two dimensions
        is_deep = nodes[layer].op == "DepthwiseConv2dNative"
        scale *= factor.reshape(weights.shape[2:]) if is_deep else factor
    fake = tf.quantization.fake_quant_with_min_max_vars(
        weights * scale, *places.weights[layer], num_bits=fake_nodes.BITS, narrow_range=True
    )
    found: np.ndarray = np.divide(fake.numpy(), scale, out=weights.copy(), where=scale != 0)
    return found
