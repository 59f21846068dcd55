"""Layers of AlexNet. Imports TensorFlow."""

from __future__ import annotations

from typing import TYPE_CHECKING

import tensorflow as tf
import tf_slim as slim

from slimhub.nets.layers.dropout import dropout

if TYPE_CHECKING:
    from slimhub.nets.spec import NetworkSpec

_FULL_WIDTH = 4096
_FULL_KERNEL = 5  # the first full layer covers the whole last map at 224 pixels


def layers(spec: NetworkSpec, images: tf.Tensor, endpoints: dict[str, tf.Tensor]) -> tf.Tensor:
    """All layers up to the features.

    Args:
      spec: width of the features.
      images: f32[batch, height, width, channels] in the network's own range.
      endpoints: filled with `convI`, `poolI`, `fc6` and `fc7`, in graph order.

    Returns:
      f32[batch, height, width, feature_depth], 1x1 at 224 pixels.
    """

    def conv(net: tf.Tensor, width: int, kernel: int, scope: str, **options: object) -> tf.Tensor:
        net = slim.conv2d(net, width, kernel, normalizer_fn=None, scope=scope, **options)
        endpoints[scope] = net
        return net

    def pool(net: tf.Tensor, scope: str) -> tf.Tensor:
        net = endpoints[scope] = slim.max_pool2d(net, 3, stride=2, scope=scope)
        return net

    net = pool(conv(images, 64, 11, "conv1", stride=4, padding="VALID"), "pool1")
    net = pool(conv(net, 192, 5, "conv2"), "pool2")
    net = conv(conv(net, 384, 3, "conv3"), 384, 3, "conv4")
    net = pool(conv(net, 256, 3, "conv5"), "pool5")
    net = dropout(conv(net, _FULL_WIDTH, _FULL_KERNEL, "fc6", padding="VALID"), name="dropout6")
    return conv(net, spec.feature_depth, 1, "fc7")
