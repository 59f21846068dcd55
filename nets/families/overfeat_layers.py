"""Layers of OverFeat. Imports TensorFlow."""

from __future__ import annotations

from typing import TYPE_CHECKING

import tensorflow as tf

from slimhub.nets.layers.biased import BiasedLayers
from slimhub.nets.layers.dropout import dropout

if TYPE_CHECKING:
    from slimhub.nets.spec import NetworkSpec

_FULL_WIDTH = 3072  # of the first full layer
_FULL_KERNEL = 6  # which covers the whole last map at 231 pixels


def layers(spec: NetworkSpec, images: tf.Tensor, endpoints: dict[str, tf.Tensor]) -> tf.Tensor:
    """All layers up to the features.

    Args:
      spec: width of the features.
      images: f32[batch, height, width, channels] in the network's own range.
      endpoints: filled with `convI`, `poolI`, `fc6` and `fc7`, in graph order.

    Returns:
      f32[batch, height, width, feature_depth], 1x1 at 231 pixels.
    """
    made = BiasedLayers(endpoints)
    conv = made.conv

    def pool(net: tf.Tensor, scope: str) -> tf.Tensor:
        return made.pool(net, 2, scope)

    net = pool(conv(images, 64, 11, "conv1", stride=4, padding="VALID"), "pool1")
    net = pool(conv(net, 256, 5, "conv2", padding="VALID"), "pool2")
    net = conv(conv(net, 512, 3, "conv3"), 1024, 3, "conv4")
    net = pool(conv(net, 1024, 3, "conv5"), "pool5")
    net = dropout(conv(net, _FULL_WIDTH, _FULL_KERNEL, "fc6", padding="VALID"), name="dropout6")
    return conv(net, spec.feature_depth, 1, "fc7")
