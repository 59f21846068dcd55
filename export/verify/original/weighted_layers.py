"""The layers of a graph that have weights: every definition of a network has the same ones.

Names of scopes and operations vary between code bases, and batch norms may be fused or not; but
each convolution reads the weights in the checkpoint by name.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable

from slimhub.export.verify.original.graph_nodes import VARIABLES, GraphNodes

READS = ("Identity", "ReadVariableOp")  # between a variable and the user of its value
LAYERS = ("Conv2D", "DepthwiseConv2dNative", "MatMul")
_WEIGHTS = ("weights", "depthwise_weights", "pointwise_weights", "kernel", "depthwise_kernel")
# What comes between an image and the first convolution without changing pixels.
_BEFORE_THE_FIRST = ("Pad", "PadV2", "MirrorPad", "Identity")


@dataclasses.dataclass(frozen=True)
class Layer:
    """One use of weights.

    Attributes:
      weights: name of the variable.
      node: name of the convolution or matrix product.
      data: the tensor it is applied to.
    """

    weights: str
    node: str
    data: str


def find_layers(
    nodes: GraphNodes, among: Iterable[str], known: Collection[str] = ()
) -> list[Layer]:
    """The layers among some nodes, in order.

    Args:
      nodes: of the graph.
      among: names of nodes.
      known: names of variables, which constants may replace.
    """
    layers = []
    for name in among:
        if nodes.op(name) in LAYERS:
            data, filters = nodes.inputs(name)[:2]
            if weights := _weights(nodes, filters, known):
                layers.append(Layer(weights, name, data))
    return layers


def is_variable(nodes: GraphNodes, name: str, known: Collection[str] = ()) -> bool:
    """Whether a node represents a variable.

    Args:
      nodes: of the graph.
      name: of the node.
      known: names of variables, which constants may replace.
    """
    is_constant = nodes.op(name) == "Const"
    return nodes.op(name) in VARIABLES or (is_constant and (name in known or _is_weights(name)))


def feed_of(nodes: GraphNodes, first: Layer) -> str:
    """The tensor of images at the start of a network, in the network's range.

    Args:
      nodes: of the graph.
      first: its first layer.
    """
    return nodes.behind(first.data, _BEFORE_THE_FIRST)


def _weights(nodes: GraphNodes, filters: str, known: Collection[str]) -> str:
    """The variable behind a filter, possibly through masks and other norms."""
    found = [
        name
        for name in nodes.ancestors([filters])
        if is_variable(nodes, name, known) and (name in known or _is_weights(name))
    ]
    named = [name for name in found if _is_weights(name)]
    return (named or found or [""])[0]


def _is_weights(name: str) -> bool:
    return name.rpartition("/")[2] in _WEIGHTS
