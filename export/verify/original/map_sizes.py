"""The output stride of an original graph, by the size of its last map."""

from __future__ import annotations

from collections.abc import Mapping

from slimhub import nets
from slimhub.common.errors import option
from slimhub.export.verify.original.comparison import Difference

_POINTWISE = (1, 1)  # kernels whose input is a map, never one that is cut up for dilation
_USUAL = 32  # of networks without an output stride of their own


def remedy(
    spec: nets.NetworkSpec,
    numbers: Mapping[str, Difference],
    shapes: Mapping[str, tuple[int, ...]],
) -> str:
    """The option with which a network has maps of the original graph's size; empty for none.

    Args:
      spec: our network.
      numbers: differences by the weights of layers, whose inputs were compared.
      shapes: of the weights, by name.
    """
    if not spec.can_be_dilated:
        return ""
    heights = [
        number.theirs.shape[1]
        for key, number in numbers.items()
        if shapes.get(key, ())[:2] == _POINTWISE and number.theirs.ndim == 4
    ]
    maps = [height for height in heights if height > 1]
    if not maps or maps[-1] == _map_size(spec, spec.output_stride or _USUAL):
        return ""
    fitting = [s for s in nets.OUTPUT_STRIDES if _map_size(spec, s) == maps[-1]]
    if len(fitting) != 1:
        return ""
    (found,) = fitting
    return f"; its maps are those of {option('output_stride', found)}"


def _map_size(spec: nets.NetworkSpec, stride: int) -> int:
    """Height of the last map; each layer with a stride rounds up."""
    return -(-spec.image_shape[0] // stride)
