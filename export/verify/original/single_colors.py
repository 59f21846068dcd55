"""What a graph makes of images of one color. Imports TensorFlow."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

import numpy as np
import tensorflow.compat.v1 as tf

from slimhub.export.verify.original.graph_nodes import GraphNodes, node_of
from slimhub.export.verify.original.refusal import NotComparableError
from slimhub.export.verify.original.runnable_part import RunnablePart
from slimhub.nets.scaling import InputScaling

SCALED, UNIT, OF_BYTES = "scaled", "[0, 1]", "[0, 255]"  # ranges, by name
PIXEL = 255  # the largest value of a byte

_BYTES = tf.uint8.as_datatype_enum
_DECODED = ("DecodeJpeg", "DecodePng", "DecodeImage", "DecodeBmp", "DecodeGif")
_GRAYS = (0.2, 0.4, 0.6, 0.8)  # whole numbers of bytes, like all colors
_MIXED = (0.2, 0.6, 0.8)


@dataclasses.dataclass(frozen=True)
class Start:
    """Where the images of a graph come from.

    Attributes:
      name: of the only placeholder or decoder before the network.
      shape: of one image, or of a batch: of one, where the graph does not state its size.
      has_bytes: whether its values are bytes, whose range is known.
      dtype: of the values.
    """

    name: str
    shape: list[int]
    has_bytes: bool
    dtype: int

    def part(self, nodes: GraphNodes, feed: str, values: Mapping[str, np.ndarray]) -> RunnablePart:
        """The part of the graph from here to the network.

        Args:
          nodes: of the graph.
          feed: the tensor of images in the network's range.
          values: of the variables that it may read, by name.

        Raises:
          NotComparableError: if it cannot be run.
        """
        return RunnablePart(
            nodes, {SCALED: feed}, self.name, (), self.shape, values, dtype=self.dtype
        )


def find_start(nodes: GraphNodes, feed: str, image_shape: tuple[int, int, int]) -> Start | None:
    """Where the images come from; None if that is not one place, or nothing is done to them.

    Args:
      nodes: of the graph.
      feed: the tensor of images in the network's range.
      image_shape: of the network, where the graph does not state one.

    Raises:
      NotComparableError: if it does not take images.
    """
    starts = [n for n in nodes.ancestors([feed]) if nodes.op(n) in ("Placeholder", *_DECODED)]
    if len(starts) != 1 or node_of(feed) == starts[0]:
        return None
    attributes = nodes.by_name[starts[0]].attr
    is_decoded = nodes.op(starts[0]) in _DECODED
    dtype = _BYTES if is_decoded else attributes["dtype"].type
    dims = [dim.size for dim in attributes["shape"].shape.dim] or [-1] * (3 if is_decoded else 4)
    if len(dims) not in (3, 4):
        raise NotComparableError("it does not take images")
    sizes = [1, *image_shape][-len(dims) :]
    shape = [stated if stated > 0 else own for stated, own in zip(dims, sizes, strict=True)]
    return Start(starts[0], shape, dtype == _BYTES, dtype)


def colors(channels: int) -> np.ndarray:
    """Black, white, each channel alone, grays and a mixed color, f32[7 + channels, channels]."""
    rows = [np.zeros(channels), np.ones(channels), *np.eye(channels)]
    rows += [np.full(channels, gray) for gray in _GRAYS]
    return np.stack([*rows, np.resize(_MIXED, channels)]).astype(np.float32)


def bytes_of(shown: np.ndarray) -> np.ndarray:
    """Colors in [0, 1] as whole numbers in [0, 255], of the same shape."""
    numbers: np.ndarray = np.round(shown * PIXEL)
    return numbers


def scaled(scaling: InputScaling, shown: np.ndarray) -> np.ndarray:
    """What a scaling makes of colors, f32[colors, channels]."""
    with tf.Graph().as_default(), tf.Session() as session:
        images = tf.constant(shown[:, None, None])  # of one pixel
        wanted: np.ndarray = session.run(scaling.apply(images)[:, 0, 0])
    return wanted


def computed(part: RunnablePart, shape: list[int], shown: np.ndarray) -> np.ndarray:
    """What a graph makes of images of one color each, f32[colors, channels].

    Args:
      part: of the graph, from the images on.
      shape: of one image, or of a batch.
      shown: the colors, in the range that the graph takes.

    Raises:
      NotComparableError: if the result varies within an image, as for crops with borders.
    """
    return np.stack([_of_one(part, shape, color) for color in shown])


def _of_one(part: RunnablePart, shape: list[int], color: np.ndarray) -> np.ndarray:
    image = part.run(np.broadcast_to(color, [*shape[:-1], len(color)]))[SCALED]
    flat = image.reshape(-1, image.shape[-1] if image.ndim else 1)
    if flat.shape[-1] != len(color) or np.ptp(flat, axis=0).max() > 1e-3 * (1 + np.abs(flat).max()):
        raise NotComparableError("it does more than scale images")
    value: np.ndarray = flat[0]
    return value
