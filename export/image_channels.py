"""How many channels images have, from the shape of the layer that takes them."""

from __future__ import annotations

from collections.abc import Sequence

from slimhub import nets
from slimhub.nets.catalogue.stored import Shapes

MOST = 16  # the range of `NetworkOptions.channels` ends there
_DEPTHWISE, _POINTWISE = "/depthwise_weights", "/pointwise_weights"
INPUTS = 2  # the axis of a kernel's input channels


def first_weights(variables: Sequence[str]) -> list[str]:
    """The weights whose shape depends on the channels of images: one layer's.

    Args:
      variables: of a network, in graph order.

    Returns:
      One name; two if the first layer is separable, whose second kernel takes the output of the
      first. Empty if no variable is a kernel.
    """
    first = next((n for n in variables if n.endswith(("/weights", _DEPTHWISE))), None)
    if first is None:
        return []
    second = first.removesuffix(_DEPTHWISE) + _POINTWISE
    return [first, second] if second in variables else [first]


def with_usual(shapes: Shapes) -> tuple[Shapes, int] | None:
    """The shapes that a checkpoint would have if its images had the network's usual channels.

    Args:
      shapes: of a checkpoint's tensors, by name.

    Returns:
      The shapes, and the number of channels that its first layer takes; None if no network's first
      layer is there, or it takes the usual ones.
    """
    for network in nets.names():
        names = first_weights(list(nets.stored_variables(network)))
        if not all(len(shapes.get(name, ())) == 4 for name in names):
            continue
        channels, usual = shapes[names[0]][INPUTS], nets.get(network).channels
        if channels == usual or not 1 <= channels <= MOST:
            continue
        return {**shapes, **{n: _with(usual, shapes[n], channels) for n in names}}, channels
    return None


def _with(usual: int, shape: tuple[int, ...], channels: int) -> tuple[int, ...]:
    height, width, inputs, outputs = shape
    return height, width, inputs // channels * usual, outputs
