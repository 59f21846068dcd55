"""Layers of LeNet. Imports TensorFlow."""

from __future__ import annotations

from typing import TYPE_CHECKING

import tensorflow as tf
import tf_slim as slim

from slimhub.nets.layers import flat

if TYPE_CHECKING:
    from slimhub.nets.spec import NetworkSpec

_WIDTHS = (32, 64)  # of the two convolutions


def layers(spec: NetworkSpec, images: tf.Tensor, endpoints: dict[str, tf.Tensor]) -> tf.Tensor:
    """All layers up to the features.

    Args:
      spec: width of the features.
      images: f32[batch, height, width, channels] in the network's own range.
      endpoints: filled with `conv1`, `pool1`, `conv2`, `pool2` and `Flatten`.

    Returns:
      f32[batch, 1, 1, feature_depth].
    """
    net = images
    for i, width in enumerate(_WIDTHS, 1):
        net = slim.conv2d(net, width, 5, normalizer_fn=None, scope=f"conv{i}")
        endpoints[f"conv{i}"] = net
        net = endpoints[f"pool{i}"] = slim.max_pool2d(net, 2, scope=f"pool{i}")
    net = endpoints["Flatten"] = flat.flattened(net)
    return flat.as_map(slim.fully_connected(net, spec.feature_depth, scope="fc3"))
