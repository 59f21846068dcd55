"""The endpoints of the registered networks: shape, stride, level of the feature pyramid."""

from __future__ import annotations

import dataclasses
import math

from slimhub.nets.catalogue import stored
from slimhub.nets.registry import get

_LEVELS = {4: "C2", 8: "C3", 16: "C4", 32: "C5"}  # by stride


@dataclasses.dataclass(frozen=True)
class Endpoint:
    """A layer's output that a network hands out, at its default image size.

    Attributes:
      name: without the network's scope.
      shape: (height, width, channels) or (channels,).
      stride: pixels of the image from one position of the map to the next, a power of two; None
        where there is no map or a single position.
      is_inner: whether it is a step inside a block whose output is an endpoint as well, as
        `layer_3/expansion_output` is inside `layer_3`.
      level: `C2` to `C5` for the last map of stride 4, 8, 16 and 32, inner ones left out: what
        feature pyramids are built on, as in "Feature Pyramid Networks for Object Detection".
    """

    name: str
    shape: tuple[int, ...]
    stride: int | None
    is_inner: bool
    level: str | None = None


def describe_endpoints(network: str) -> tuple[Endpoint, ...]:
    """All endpoints of a registered network, in graph order.

    A network without a map of a level's stride has no endpoint of that level.
    """
    image_size = get(network).image_size
    shapes = stored.endpoint_shapes(network)
    endpoints = [
        Endpoint(
            name,
            shape,
            stride=_stride(image_size, shape),
            is_inner=name.rpartition("/")[0] in shapes,
        )
        for name, shape in shapes.items()
    ]
    last = {e.stride: i for i, e in enumerate(endpoints) if not e.is_inner}
    for stride, level in _LEVELS.items():
        if stride in last:
            i = last[stride]
            endpoints[i] = dataclasses.replace(endpoints[i], level=level)
    return tuple(endpoints)


def _stride(image_size: int, shape: tuple[int, ...]) -> int | None:
    if len(shape) < 3 or shape[0] == 1:
        return None
    # Layers without padding cut the edges off: 299 pixels become 149 at stride 2, 35 at stride 8.
    stride: int = 2 ** round(math.log2(image_size / shape[0]))
    return stride
