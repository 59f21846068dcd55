"""How far apart the pixels of a graph's last maps are, and which kernels it dilates for that."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from slimhub.export.verify import graph_facts
from slimhub.export.verify.original.graph_nodes import GraphNodes, node_of
from slimhub.export.verify.original.layer_surroundings import constants
from slimhub.export.verify.original.refusal import NoSingleValueError
from slimhub.export.verify.original.weighted_layers import Layer

_POINTWISE = (1, 1)
_WINDOWS = ("AvgPool", "Conv2D", "DepthwiseConv2dNative", "MaxPool")
# Kernels behind the first stride that is left out are dilated by it, and so on.
_RATES: dict[int, set[int]] = {8: {2, 4}, 16: {2}, graph_facts.OWN_STRIDE: set()}


def output_stride(
    nodes: GraphNodes,
    feed: str,
    layers: Mapping[str, Layer],
    shapes: Mapping[str, tuple[int, ...]],
) -> int | None:
    """The output stride of a network; None where the graph does not show it.

    Args:
      nodes: of the graph.
      feed: the tensor of images in the network's range.
      layers: of the network, by the name of their weights.
      shapes: of the weights, by name.

    Raises:
      NoSingleValueError: if no output stride has these kernels, dilated or not.
    """
    spatial = [
        layer
        for name, layer in layers.items()
        if len(shapes[name]) == 4 and shapes[name][:2] != _POINTWISE
    ]
    rates = {rate for layer in spatial for rate in _dilations(nodes, layer)} - {1}
    strides = _strides(nodes, feed, [layer.node for layer in spatial])
    reached = {strides.get(layer.node) for layer in spatial}
    last = max((stride for stride in reached if stride is not None), default=None)
    if last is None or None in reached:
        return None
    is_dilated = last != graph_facts.OWN_STRIDE
    if bool(rates) != is_dilated or not rates <= _RATES.get(last, set()):
        raise NoSingleValueError("no output stride has its kernels")
    return last


def _dilations(nodes: GraphNodes, layer: Layer) -> Iterator[int]:
    """The dilation rates of a layer along height and width, 0 if they are not known.

    They are an attribute, or the layer is applied to every so manieth pixel.
    """
    yield from _sides(nodes, layer.node, "dilations")
    before = node_of(layer.data)
    if nodes.op(before) == "SpaceToBatchND":
        block = constants(nodes, nodes.inputs(before)[1])
        yield from [0] if block is None else map(int, block)


def _strides(nodes: GraphNodes, feed: str, ends: Collection[str]) -> dict[str, int | None]:
    """Pixels of the image for one of each node's output; None where height and width differ."""
    found: dict[str, int | None] = {node_of(feed): 1}
    for name in nodes.ancestors(ends, feed.__eq__):
        feeding = [found[node_of(t)] for t in nodes.inputs(name) if node_of(t) in found]
        if not feeding:
            continue  # a weight
        known = [stride for stride in feeding if stride is not None]
        own = set(_sides(nodes, name, "strides")) if nodes.op(name) in _WINDOWS else {1}
        is_known = len(known) == len(feeding) and len(own) == 1
        # Of a map and the gate of its channels, it is that of the map.
        found[name] = min(known) * own.pop() if is_known else None
    return found


def _sides(nodes: GraphNodes, name: str, attribute: str) -> list[int]:
    """Height and width in an attribute of a window, 1 by default; channels come last."""
    return list(nodes.by_name[name].attr[attribute].list.i)[1:3] or [1]
