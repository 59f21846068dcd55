"""How a graph brings images into its network's range, where it shows that. Imports TensorFlow."""

from __future__ import annotations

import numpy as np
import tensorflow.compat.v1 as tf

from slimhub import nets
from slimhub.export.verify.original.graph_nodes import GraphNodes, node_of
from slimhub.export.verify.original.refusal import NotComparableError
from slimhub.export.verify.original.runnable_part import RunnablePart

NOT_SHOWN = "does not show how images are scaled"

_DECODED = ("DecodeJpeg", "DecodePng", "DecodeImage", "DecodeBmp", "DecodeGif")
_PIXEL = 255  # the largest value of a byte
# Black, white and three colors, in [0, 1].
_COLORS = np.array([[0, 0, 0], [1, 1, 1], [1, 0, 0], [0, 1, 0], [0, 0, 1]], np.float32)
# Of the range of the network: 1/128 in place of 1/127.5 is common, and not another scaling.
_TOLERANCE = 0.01


def compare(nodes: GraphNodes, feed: str, spec: nets.NetworkSpec) -> tuple[bool, str]:
    """Compares the scaling of a graph with that of a network.

    What the graph takes may be in [0, 1] or [0, 255]; of decoded images it is known.

    Args:
      nodes: of the graph.
      feed: the tensor of images in the network's range.
      spec: the network.

    Returns:
      Whether nothing speaks against it, and what was seen, in words.
    """
    roots = [n for n in nodes.ancestors([feed]) if nodes.op(n) in ("Placeholder", *_DECODED)]
    if len(roots) != 1 or node_of(feed) == roots[0]:
        return True, NOT_SHOWN
    is_decoded = nodes.op(roots[0]) in _DECODED
    dtype = 4 if is_decoded else nodes.by_name[roots[0]].attr["dtype"].type
    ranges = (_PIXEL,) if dtype == tf.uint8.as_datatype_enum else (1, _PIXEL)
    try:
        part = RunnablePart(nodes, {"scaled": feed}, roots[0], (), dtype=dtype)
        found = {
            largest: np.stack([_scaled(part, nodes, roots[0], c * largest) for c in _COLORS])
            for largest in ranges
        }
    except NotComparableError:
        return True, NOT_SHOWN
    with tf.Graph().as_default(), tf.Session() as session:
        wanted = session.run(spec.input_scaling.apply(tf.constant(_COLORS)))
    span = float(wanted.max() - wanted.min())
    differences = {largest: np.abs(f - wanted).max() / span for largest, f in found.items()}
    best = min(differences, key=differences.__getitem__)
    if differences[best] <= _TOLERANCE:
        exact = "" if differences[best] < _TOLERANCE / 100 else f", but for {differences[best]:.1%}"
        return True, f"scales images as the network does{exact}"
    shown = found[_PIXEL if _PIXEL in found and is_decoded else min(found)]
    return False, (
        f"scales images otherwise: black becomes {_color(shown[0])} and white "
        f"{_color(shown[1])}, in the network {_color(wanted[0])} and {_color(wanted[1])}"
    )


def _scaled(part: RunnablePart, nodes: GraphNodes, root: str, color: np.ndarray) -> np.ndarray:
    """What an image of one color becomes, one value for each channel.

    Raises:
      NotComparableError: where it depends on the place in the image, as for crops with borders.
    """
    dims = [dim.size for dim in nodes.by_name[root].attr["shape"].shape.dim] or [-1, -1, 3]
    shape = [size if size > 0 else 1 if i < len(dims) - 3 else 8 for i, size in enumerate(dims)]
    image = part.run(np.broadcast_to(color, [*shape[:-1], 3]), {}, ["scaled"])["scaled"]
    flat = image.reshape(-1, image.shape[-1] if image.ndim else 1)
    if flat.shape[-1] != len(color) or np.ptp(flat, axis=0).max() > 1e-3 * (1 + np.abs(flat).max()):
        raise NotComparableError("it does more than scaling")
    value: np.ndarray = flat[0]
    return value


def _color(values: np.ndarray) -> str:
    numbers = [f"{value:.3g}" for value in values]
    return numbers[0] if len(set(numbers)) == 1 else f"({', '.join(numbers)})"
