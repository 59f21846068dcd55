"""The endpoints of the registered networks: shape, stride and feature pyramid level."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping

from slimhub.nets.catalogue import stored
from slimhub.nets.registry import get
from slimhub.nets.size_notation import sides

_LEVELS = {4: "C2", 8: "C3", 16: "C4", 32: "C5"}  # by stride


@dataclasses.dataclass(frozen=True)
class Endpoint:
    """The output of a layer that a network exposes, at its default image size.

    Attributes:
      name: without the network's scope.
      shape: (height, width, channels) or (channels,).
      stride: distance in image pixels between adjacent positions of the map, a power of two; None
        if there is no map or only one position.
      is_inner: whether it is a step inside a block whose output is also an endpoint, as
        `layer_3/expansion_output` is inside `layer_3`.
      level: `C2` to `C5` for the last map of stride 4, 8, 16 and 32, ignoring inner ones: the input
        of feature pyramids, as in "Feature Pyramid Networks for Object Detection".
    """

    name: str
    shape: tuple[int, ...]
    stride: int | None
    is_inner: bool
    level: str | None = None


def describe_endpoints(network: str) -> tuple[Endpoint, ...]:
    """Describes all endpoints of a registered network.

    Args:
      network: registered name.

    Returns:
      Endpoints in graph order. A network without a feature map of a level's stride has no endpoint
      of that level.

    Raises:
      NetworkError: if no network has that name.
    """
    height, _ = sides(get(network).image_size)
    return describe_shapes(stored.endpoint_shapes(network), height)


def describe_shapes(shapes: Mapping[str, tuple[int, ...]], height: int) -> tuple[Endpoint, ...]:
    """Endpoints of a network, from their shapes.

    Args:
      shapes: by name, without the batch, in graph order.
      height: of the images, pixels.

    Returns:
      Endpoints in graph order, see `describe_endpoints`.
    """
    strides = _strides(shapes, height)
    endpoints = [
        Endpoint(name, shape, strides[name], is_inner=name.rpartition("/")[0] in shapes)
        for name, shape in shapes.items()
    ]
    last = {e.stride: i for i, e in enumerate(endpoints) if not e.is_inner}
    for stride, level in _LEVELS.items():
        if stride in last:
            i = last[stride]
            endpoints[i] = dataclasses.replace(endpoints[i], level=level)
    return tuple(endpoints)


def _strides(shapes: Mapping[str, tuple[int, ...]], size: int) -> dict[str, int | None]:
    """By name; each is a power of two times the one before.

    Layers without padding crop the edges, so that 160 pixels become 79 at stride 2, and 3 at stride
    32: what one layer crops is less than what all of them do.
    """
    found: dict[str, int | None] = {}
    height, exponent = size, 0
    for name, shape in shapes.items():
        found[name] = None
        if len(shape) == 3 and shape[0] > 1:
            exponent += round(math.log2(height / shape[0]))
            height, found[name] = shape[0], 2**exponent
    return found
