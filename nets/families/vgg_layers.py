"""Layers of VGG. Imports TensorFlow."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import tensorflow as tf

from slimhub.nets.families.vgg import FULL_WIDTH
from slimhub.nets.layers.biased import BiasedLayers
from slimhub.nets.layers.dropout import dropout

if TYPE_CHECKING:
    from collections.abc import Sequence

    from slimhub.nets.spec import NetworkSpec

_WIDTHS = (64, 128, 256, 512, 512)  # of each block's convolutions
_FULL_KERNEL = 7  # the first full layer covers the whole last map at 224 pixels


def layers(spec: NetworkSpec, images: tf.Tensor, endpoints: dict[str, tf.Tensor]) -> tf.Tensor:
    """All layers up to the features.

    Args:
      spec: its definition says how many convolutions each of the five blocks has.
      images: f32[batch, height, width, channels] in the network's own range.
      endpoints: filled with `convI/convI_J`, `poolI`, `fc6` and `fc7`, in graph order.

    Returns:
      f32[batch, height / 32 - 6, width / 32 - 6, 4096].
    """
    made = BiasedLayers(endpoints)
    net = images
    counts = cast("Sequence[int]", spec.definition)
    for i, (width, count) in enumerate(zip(_WIDTHS, counts, strict=True), 1):
        for j in range(1, count + 1):
            net = made.conv(net, width, 3, f"conv{i}/conv{i}_{j}")
        net = made.pool(net, 2, f"pool{i}")
    net = made.conv(net, FULL_WIDTH, _FULL_KERNEL, "fc6", padding="VALID")
    net = dropout(net, name="dropout6")
    return made.conv(net, FULL_WIDTH, 1, "fc7", padding="VALID")
