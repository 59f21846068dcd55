"""Which size of images a graph was built for, as far as it shows it."""

from __future__ import annotations

from slimhub.export.verify.original import layer_surroundings
from slimhub.export.verify.original.graph_nodes import GraphNodes, node_of
from slimhub.export.verify.original.stateless_operations import QUANTIZATION

_PLACEHOLDERS = ("Placeholder", "PlaceholderV2", "PlaceholderWithDefault")
_RESIZES = ("ResizeArea", "ResizeBicubic", "ResizeBilinear", "ResizeNearestNeighbor")
# They leave height and width of their first input what they are.
_SAME = frozenset(
    {
        "Abs", "Add", "AddV2", "BiasAdd", "Cast", "Div", "ExpandDims", "Identity", "Log",
        "Maximum", "Minimum", "Mul", "Neg", "Pow", "RealDiv", "Relu", "Relu6", "ReverseV2",
        "Sqrt", "Square", "StopGradient", "Sub", "Tanh", *QUANTIZATION,
    }
)  # fmt: skip


def find(nodes: GraphNodes, feed: str) -> tuple[int, int] | None:
    """Height and width, pixels; None where the graph takes any, or does not show it.

    What is fed counts as the graph states it, else what it is resized to, else a placeholder that
    nothing resizes or crops behind.

    Args:
      nodes: of the graph.
      feed: the tensor of images in the network's range.
    """
    name, _, index = feed.partition(":")
    stated = nodes.by_name[name].attr["_output_shapes"].list.shape
    if len(stated) > int(index or 0) and (size := _size(stated[int(index or 0)])):
        return size
    name = node_of(nodes.behind(feed, _SAME))
    if nodes.op(name) in _RESIZES:
        sizes = layer_surroundings.constants(nodes, nodes.inputs(name)[1])
        is_pair = sizes is not None and sizes.size == 2
        return (int(sizes[0]), int(sizes[1])) if is_pair and sizes is not None else None
    if nodes.op(name) in _PLACEHOLDERS:
        return _size(nodes.by_name[name].attr["shape"].shape)
    return None


def _size(shape: object) -> tuple[int, int] | None:
    sizes = [dim.size for dim in getattr(shape, "dim", ())]
    if len(sizes) in (3, 4) and min(sizes[-3:-1]) > 0:
        return sizes[-3], sizes[-2]
    return None
