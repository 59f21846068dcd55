"""How a graph scales images to its network's range, if it shows that. Imports TensorFlow."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import tensorflow.compat.v1 as tf

from slimhub import nets
from slimhub.common.errors import option
from slimhub.export.verify.original.graph_nodes import GraphNodes, node_of
from slimhub.export.verify.original.refusal import NotComparableError
from slimhub.export.verify.original.runnable_part import RunnablePart
from slimhub.nets.scaling import BY_NAME, InputScaling

_SCALED, _UNIT = "scaled", "[0, 1]"
_BYTES = tf.uint8.as_datatype_enum
NOT_SHOWN = "does not show how images are scaled"

_DECODED = ("DecodeJpeg", "DecodePng", "DecodeImage", "DecodeBmp", "DecodeGif")
_RGB = 3  # channels
_PIXEL = 255  # the largest value of a byte
_GRAYS = (0.2, 0.4, 0.6, 0.8)  # whole numbers of bytes, like all colors
_MIXED = (0.2, 0.6, 0.8)
# Of the range of the network: 1/128 in place of 1/127.5 is common, and not another scaling.
_TOLERANCE = 0.01


def compare(
    nodes: GraphNodes, feed: str, spec: nets.NetworkSpec, values: Mapping[str, np.ndarray]
) -> tuple[bool, str]:
    """Compares the scaling of a graph with that of a network.

    The content of bytes and decoded images is known. Floats may have any range, or be scaled
    already: their scaling only counts as different if the graph computes with them, and no usual
    range maps to the network's.

    Args:
      nodes: of the graph.
      feed: the tensor of images in the network's range.
      spec: the network.
      values: of the variables that it may read, by name.

    Returns:
      Whether nothing contradicts it, and what was found, in words.
    """
    roots = [n for n in nodes.ancestors([feed]) if nodes.op(n) in ("Placeholder", *_DECODED)]
    if len(roots) != 1 or node_of(feed) == roots[0]:
        return True, NOT_SHOWN
    is_decoded = nodes.op(roots[0]) in _DECODED
    dtype = _BYTES if is_decoded else nodes.by_name[roots[0]].attr["dtype"].type
    colors = _colors(spec.channels)
    wanted = _wanted(spec.input_scaling, colors)
    offered = {"bytes": np.round(colors * _PIXEL)} if dtype == _BYTES else _offered(wanted, colors)
    try:
        shape = _shape(nodes, roots[0], spec.image_shape, rank=3 if is_decoded else 4)
        part = RunnablePart(nodes, {_SCALED: feed}, roots[0], (), shape, values, dtype=dtype)
        if spec.input_scaling is InputScaling.STANDARDIZED:
            return _compare_standardized(part, shape, dtype)
        found = {
            name: np.stack([_scale(part, shape, color) for color in shown])
            for name, shown in offered.items()
        }
    except NotComparableError:
        return True, NOT_SHOWN
    found = {name: scaled for name, scaled in found.items() if np.isfinite(scaled).all()}
    if not found:
        return True, NOT_SHOWN
    span = float(wanted.max() - wanted.min())
    differences = {name: float(np.abs(f - wanted).max()) / span for name, f in found.items()}
    best = min(differences, key=differences.__getitem__)
    if differences[best] <= _TOLERANCE:
        if best == _SCALED:
            return True, NOT_SHOWN
        exact = (
            "" if differences[best] < _TOLERANCE / 100 else f", except for {differences[best]:.1%}"
        )
        return True, f"scales images like the network{exact}"
    return False, _describe(found, wanted, span, colors) + _remedy(found, colors)


def _colors(channels: int) -> np.ndarray:
    """Black, white, each channel alone, grays and a mixed color, f32[7 + channels, channels]."""
    rows = [np.zeros(channels), np.ones(channels), *np.eye(channels)]
    rows += [np.full(channels, gray) for gray in _GRAYS]
    return np.stack([*rows, np.resize(_MIXED, channels)]).astype(np.float32)


def _wanted(scaling: InputScaling, colors: np.ndarray) -> np.ndarray:
    """What a scaling makes of colors, f32[colors, channels]."""
    with tf.Graph().as_default(), tf.Session() as session:
        images = tf.constant(colors[:, None, None])  # of one pixel
        wanted: np.ndarray = session.run(scaling.apply(images)[:, 0, 0])
    return wanted


def _compare_standardized(part: RunnablePart, shape: list[int], dtype: int) -> tuple[bool, str]:
    """Compares on noise, since images of one color all become zero; as `compare`.

    Raises:
      NotComparableError: if the graph cannot be run, or does more than scale images.
    """
    pixels = np.random.RandomState(0).randint(0, _PIXEL + 1, shape)
    unit = (pixels / _PIXEL).astype(np.float32)
    with tf.Graph().as_default(), tf.Session() as session:
        image = tf.constant(unit.reshape([1, *unit.shape[-3:]]))
        wanted = session.run(InputScaling.STANDARDIZED.apply(image))
    offered = [pixels] if dtype == _BYTES else [unit, pixels.astype(np.float32)]
    for images in offered:
        found = part.run(images)[_SCALED]
        if found.size != wanted.size:
            raise NotComparableError("it does more than scale images")
        difference = float(np.abs(found.reshape(wanted.shape) - wanted).max() / np.ptp(wanted))
        if difference <= _TOLERANCE:
            return True, "scales images like the network"
    return False, "does not scale each image by its own mean and deviation"


def _remedy(found: Mapping[str, np.ndarray], colors: np.ndarray) -> str:
    """The option with which a network scales images so; empty if there is none."""
    shown = next((found[name] for name in ("bytes", _UNIT, "[0, 255]") if name in found), None)
    if shown is None:
        return ""
    for name, scaling in BY_NAME.items():
        if scaling.needs_colors and colors.shape[-1] != _RGB:
            continue
        wanted = _wanted(scaling, colors)
        span = max(float(np.ptp(wanted)), 1.0)
        if np.abs(shown - wanted).max() / span <= _TOLERANCE:
            return f"; that is {option('input_scaling', name)}"
    return ""


def _offered(wanted: np.ndarray, colors: np.ndarray) -> dict[str, np.ndarray]:
    """The colors as the network takes them, then in the usual ranges of floats."""
    return {
        _SCALED: wanted,
        _UNIT: colors,
        "[0, 255]": np.round(colors * _PIXEL),
        "[-0.5, 0.5]": colors - np.float32(0.5),
        "[-1, 1]": colors * 2 - 1,
    }


def _describe(
    found: Mapping[str, np.ndarray], wanted: np.ndarray, span: float, colors: np.ndarray
) -> str:
    for scaled in found.values() if colors.shape[-1] == _RGB else ():
        if np.abs(scaled[:, ::-1] - wanted).max() / span <= _TOLERANCE:
            return "takes the channels of images in another order: blue for red (BGR)"
    shown = next((found[name] for name in (_UNIT, "bytes") if name in found), None)
    if shown is None:
        return "scales images otherwise"
    if np.abs(shown - wanted)[:2].max() / span <= _TOLERANCE:
        at = int(np.abs(shown - wanted).max(axis=1).argmax())
        return (
            f"scales images otherwise: pixels of {_color(colors[at])} become "
            f"{_color(shown[at])}, in the network {_color(wanted[at])}"
        )
    return (
        f"scales images differently: black becomes {_color(shown[0])} and white "
        f"{_color(shown[1])}, but in the network {_color(wanted[0])} and {_color(wanted[1])}"
    )


def _shape(nodes: GraphNodes, root: str, image_shape: tuple[int, int, int], rank: int) -> list[int]:
    """The shape of one image, as declared, or else that of the network's."""
    dims = [dim.size for dim in nodes.by_name[root].attr["shape"].shape.dim] or [-1] * rank
    if len(dims) not in (3, 4):
        raise NotComparableError("it does not take images")
    sizes = [1, *image_shape][-len(dims) :]
    return [stated if stated > 0 else own for stated, own in zip(dims, sizes, strict=True)]


def _scale(part: RunnablePart, shape: list[int], color: np.ndarray) -> np.ndarray:
    """The result for an image of one color, one value per channel.

    Raises:
      NotComparableError: if it varies within the image, as for crops with borders.
    """
    image = part.run(np.broadcast_to(color, [*shape[:-1], len(color)]))[_SCALED]
    flat = image.reshape(-1, image.shape[-1] if image.ndim else 1)
    if flat.shape[-1] != len(color) or np.ptp(flat, axis=0).max() > 1e-3 * (1 + np.abs(flat).max()):
        raise NotComparableError("it does more than scale images")
    value: np.ndarray = flat[0]
    return value


def _color(values: np.ndarray) -> str:
    numbers = [f"{value:.3g}" for value in values]
    return numbers[0] if len(set(numbers)) == 1 else f"({', '.join(numbers)})"
