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
    found = round(spec.image_shape[0] / maps[-1]) if maps else 0
    if found == (spec.output_stride or _USUAL) or found not in nets.OUTPUT_STRIDES:
        return ""
    return f"; its maps are those of {option('output_stride', found)}"
