"""A network with fake quantization at the trained places, as LiteRT's converter reads it.

Batch norms are folded into the weights before these are quantized, as `tf.contrib.quantize` did.
Imports TensorFlow.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from slimhub.export.formats import fake_nodes
from slimhub.export.formats.frozen_nodes import FrozenNodes
from slimhub.export.formats.trained_places import LAYERS, NORM, MisfitError, Range, TrainedPlaces

# What keeps the range of its inputs. A runtime needs it said of these.
_KEEPING = ("Mean", "ConcatV2", "MaxPool", "AvgPool", "Pad", "Reshape", "Squeeze")
_DEPTHWISE = "DepthwiseConv2dNative"


def quantized(nodes: FrozenNodes, places: TrainedPlaces, input_range: Range) -> list[Any]:
    """The nodes with fake quantization: of weights, of activations, and of what lies between.

    Args:
      nodes: of a network for inference.
      places: where ranges belong.
      input_range: of the values that the first layers take.

    Raises:
      MisfitError: if a layer takes values without a range, or its weights are not constant.
    """
    ranges = _spread(nodes, places, input_range)
    folded = {name: fold(nodes, name) for name in places.weights}
    biases = {
        nodes.consumers(name)[0]: bias for name, (_, bias) in folded.items() if bias is not None
    }
    made: list[Any] = []
    for node in nodes:
        copy = tf.compat.v1.NodeDef()
        copy.CopyFrom(node)
        if node.name in folded:
            weights = f"{node.name}/folded"
            made.append(fake_nodes.constant(weights, folded[node.name][0]))
            made += fake_nodes.fake(
                f"{weights}/quantized", weights, places.weights[node.name], narrow=True
            )
            copy.input[1] = f"{weights}/quantized"
        if node.name in biases:
            made.append(fake_nodes.constant(f"{node.name}/folded", biases[node.name]))
            copy = fake_nodes.operation(node.name, "BiasAdd", node.input[0], f"{node.name}/folded")
        if node.name in ranges and node.op != "Placeholder":  # the converter quantizes images
            copy.name = f"{node.name}/exact"
            made += [copy, *fake_nodes.fake(node.name, copy.name, ranges[node.name])]
        else:
            made.append(copy)
    return made


def fold(nodes: FrozenNodes, layer: str) -> tuple[np.ndarray, np.ndarray | None]:
    """A layer's weights with the batch norm behind it.

    `weights * factor`, with `factor = gamma / sqrt(variance + epsilon)` per channel, and a bias
    `beta - mean * factor` (Jacob et al., arXiv:1712.05877, section 3.2).

    Args:
      nodes: of the network.
      layer: name of the layer.

    Returns:
      The weights, and the bias; the bias is None without a batch norm.

    Raises:
      MisfitError: if they are not constants.
    """
    weights = constant(nodes, nodes[layer].input[1])
    factor, bias = norm(nodes, layer)
    if factor is None:
        return weights, None
    if nodes[layer].op == _DEPTHWISE:
        factor = factor.reshape(weights.shape[2:])
    return (weights * factor).astype(np.float32), bias


def norm(nodes: FrozenNodes, layer: str) -> tuple[np.ndarray | None, np.ndarray | None]:
    """Factor and bias of the batch norm behind a layer, f32[channels]; None without one.

    Args:
      nodes: of the network.
      layer: name of the layer.

    Raises:
      MisfitError: if they are not constants.
    """
    consumers = nodes.consumers(layer)
    if len(consumers) != 1 or nodes[consumers[0]].op != NORM:
        return None, None
    node = nodes[consumers[0]]
    gamma, beta, mean, variance = (constant(nodes, name) for name in node.input[1:5])
    factor = gamma / np.sqrt(variance + np.float32(node.attr["epsilon"].f))
    return factor, beta - mean * factor


def constant(nodes: FrozenNodes, name: str) -> np.ndarray:
    """The value of a constant.

    Raises:
      MisfitError: if it is another node.
    """
    value = nodes.value(name)
    if value is None:
        raise MisfitError(f"{name} is not a constant")
    return value


def _spread(nodes: FrozenNodes, places: TrainedPlaces, input_range: Range) -> Mapping[str, Range]:
    """Ranges of all nodes that are quantized: the trained ones, of the input, and of copies."""
    found = dict(places.activations)
    feeding = _feeding(nodes)
    first = {_data(nodes, name) for name in places.weights if not _reaches(nodes, name)}
    found |= {name: input_range for name in first}
    for node in nodes:
        if node.op in _KEEPING and node.name in feeding and node.name not in found:
            sources = [text for text in node.input if nodes.value(text) is None]
            known = [found[nodes[text].name] for text in sources if nodes[text].name in found]
            if known and len(known) == len(sources):
                found[node.name] = min(low for low, _ in known), max(high for _, high in known)
    for name in places.weights:
        if _data(nodes, name) not in found:
            raise MisfitError(f"{name} takes values of which no range is known")
    return found


def _data(nodes: FrozenNodes, layer: str) -> str:
    name: str = nodes[nodes[layer].input[0]].name
    return name


def _feeding(nodes: FrozenNodes) -> set[str]:
    """Names of nodes that a layer depends on."""
    found: set[str] = set()
    for node in reversed(list(nodes)):
        if node.op in LAYERS or node.name in found:
            found |= {nodes[text].name for text in node.input}
    return found


def _reaches(nodes: FrozenNodes, layer: str) -> bool:
    """Whether another layer comes before one."""
    waiting = [_data(nodes, layer)]
    while waiting:
        node = nodes[waiting.pop()]
        if node.op in LAYERS:
            return True
        waiting += node.input
    return False
