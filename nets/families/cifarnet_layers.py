"""Layers of CifarNet. Imports TensorFlow."""

from __future__ import annotations

from typing import TYPE_CHECKING

import tensorflow as tf
import tf_slim as slim

from slimhub.nets.layers import flat
from slimhub.nets.layers.dropout import dropout

if TYPE_CHECKING:
    from slimhub.nets.spec import NetworkSpec

_WIDTH = 64  # of both convolutions
_FULL_WIDTH = 384  # of the first full layer
_KEPT = 0.5  # of its values in training
# Of the local response normalization: x / (1 + alpha * sum of 9 neighbors' squares) ** 0.75.
_NORM = {"depth_radius": 4, "bias": 1.0, "alpha": 0.001 / 9.0, "beta": 0.75}


def layers(spec: NetworkSpec, images: tf.Tensor, endpoints: dict[str, tf.Tensor]) -> tf.Tensor:
    """All layers up to the features.

    Args:
      spec: width of the features.
      images: f32[batch, height, width, channels] in the network's own range.
      endpoints: filled with `conv1`, `pool1`, `conv2`, `pool2`, `Flatten` and `fc3`.

    Returns:
      f32[batch, 1, 1, feature_depth].
    """
    net = slim.conv2d(images, _WIDTH, 5, normalizer_fn=None, scope="conv1")
    endpoints["conv1"] = net
    net = endpoints["pool1"] = slim.max_pool2d(net, 2, scope="pool1")
    net = tf.nn.lrn(net, **_NORM, name="norm1")
    net = slim.conv2d(net, _WIDTH, 5, normalizer_fn=None, scope="conv2")
    endpoints["conv2"] = net
    net = tf.nn.lrn(net, **_NORM, name="norm2")
    net = endpoints["pool2"] = slim.max_pool2d(net, 2, scope="pool2")
    net = endpoints["Flatten"] = flat.flattened(net)
    net = endpoints["fc3"] = slim.fully_connected(net, _FULL_WIDTH, scope="fc3")
    net = dropout(net, keep=_KEPT, name="dropout3")
    return flat.as_map(slim.fully_connected(net, spec.feature_depth, scope="fc4"))
