"""The input scaling that a graph computes, if it can only be one. Imports TensorFlow."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from slimhub.export.verify.original import single_colors, standardization
from slimhub.export.verify.original.graph_nodes import GraphNodes
from slimhub.export.verify.original.refusal import NoSingleValueError, NotComparableError
from slimhub.nets.scaling import InputScaling

_EXACT = 1e-4  # of the range: the closest two scalings differ by 2e-3
_ZERO = 0.01  # rounding of the mean, divided by the least deviation
_RGB = 3  # channels
_HALF = 0.5
_POSITIVE = 2  # ranges that scalings start from; the others only show that nothing is scaled


def find(nodes: GraphNodes, feed: str, image_shape: tuple[int, int, int]) -> InputScaling | None:
    """The scaling of the images of a graph; None if it does not show one, or could be several.

    Bytes and decoded images are in [0, 255]; floats may also be in [0, 1]. What only rounds, shifts
    or crops them, or scales them as no `InputScaling` does, shows none. Nor does what leaves one of
    the usual ranges of floats as it is, such as a clip: their owner may have scaled before.

    Args:
      nodes: of the graph.
      feed: the tensor of images in the network's range.
      image_shape: height, width and channels, where the graph does not state them.

    Raises:
      NoSingleValueError: if it scales bytes as no `InputScaling` does.
    """
    colors = single_colors.colors(image_shape[-1])
    try:
        start = single_colors.find_start(nodes, feed, image_shape)
        if start is None:
            return None
        part = start.part(nodes, feed, {})
        offered = [single_colors.bytes_of(colors)]
        if not start.has_bytes:
            offered += [colors, colors - np.float32(_HALF), colors * 2 - 1]
        found = [single_colors.computed(part, start.shape, shown) for shown in offered]
        is_gray = np.ptp(colors, axis=1) == 0  # they do not deviate from their mean
        if all(np.abs(scaled[is_gray]).max() < _ZERO for scaled in found):
            is_computed = standardization.is_computed(part, start)
            return InputScaling.STANDARDIZED if is_computed else None
    except NotComparableError:
        return None
    if not start.has_bytes and any(map(_is_same, found, offered)):
        return None
    scalings = _possible(colors)
    fitting = {
        scaling
        for scaling, wanted in scalings.items()
        if any(_is_same(scaled, wanted) for scaled in found[:_POSITIVE])
    }
    if start.has_bytes and not fitting:
        raise NoSingleValueError("it scales images as no option does")
    return fitting.pop() if len(fitting) == 1 else None


def _is_same(found: np.ndarray, wanted: np.ndarray) -> bool:
    return bool(np.abs(found - wanted).max() <= _EXACT * np.ptp(wanted))


def _possible(colors: np.ndarray) -> Mapping[InputScaling, np.ndarray]:
    """What each scaling makes of colors, except the one that depends on the whole image."""
    return {
        scaling: single_colors.scaled(scaling, colors)
        for scaling in InputScaling
        if scaling is not InputScaling.STANDARDIZED
        and (colors.shape[-1] == _RGB or not scaling.needs_colors)
    }
