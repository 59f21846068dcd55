"""MobileNet V1 as a TF-Slim graph. Imports TensorFlow."""

from __future__ import annotations

from typing import TYPE_CHECKING

import tensorflow as tf
import tf_slim as slim

from nets import mobilenet_v1
from nets.heads import classify
from nets.layer_defaults import layer_defaults, weights_initializer

if TYPE_CHECKING:
    from nets.spec import NetworkSpec


def build(
    spec: NetworkSpec,
    images: tf.Tensor,
    *,
    num_classes: int | None,
    is_training: bool,
    batch_norm_momentum: float | tf.Tensor,
) -> dict[str, tf.Tensor]:
    """Builds MobileNet V1 in the current graph.

    Args:
      spec: depth multiplier, feature depth and constants of batch norm and dropout.
      images: f32[batch, height, width, 3] in the network's own range.
      num_classes: width of the logits, or None for a network without them.
      is_training: batch statistics and dropout, and updates in tf.GraphKeys.UPDATE_OPS.
      batch_norm_momentum: factor of the old moving statistics in an update, in [0, 1].

    Returns:
      Endpoints by name without the scope, in graph order: `Conv2d_0`, of each pair
      `Conv2d_N_depthwise` and `Conv2d_N_pointwise`, then `AvgPool_1a`
      f32[batch, 1, 1, feature_depth] and, with classes, `Logits` and `Predictions`
      f32[batch, num_classes].
    """
    endpoints: dict[str, tf.Tensor] = {}
    with (
        tf.compat.v1.variable_scope(spec.scope),
        layer_defaults(spec, is_training, batch_norm_momentum),
        slim.arg_scope([slim.conv2d, slim.separable_conv2d], activation_fn=tf.nn.relu6),
    ):
        net = _layers(spec, images, endpoints)
        net = tf.reduce_mean(net, [1, 2], keepdims=True, name="AvgPool_1a")
        endpoints["AvgPool_1a"] = net
        if num_classes is not None:
            keep = spec.dropout_keep if is_training else 1.0
            endpoints.update(classify(net, num_classes, keep, weights_initializer()))
    return endpoints


def _layers(spec: NetworkSpec, net: tf.Tensor, endpoints: dict[str, tf.Tensor]) -> tf.Tensor:
    """All layers up to the pooling; fills in their endpoints."""
    width = mobilenet_v1.stem_width(spec.depth_multiplier)
    net = slim.conv2d(net, width, 3, stride=2, scope="Conv2d_0")
    endpoints["Conv2d_0"] = net
    for number, (width, stride) in enumerate(mobilenet_v1.PAIRS, 1):
        is_last = number == len(mobilenet_v1.PAIRS)
        width = spec.feature_depth if is_last else mobilenet_v1.scaled(width, spec.depth_multiplier)
        name = f"Conv2d_{number}_depthwise"
        # Without a width it is depthwise only.
        net = slim.separable_conv2d(net, None, 3, depth_multiplier=1, stride=stride, scope=name)
        endpoints[name] = net
        name = f"Conv2d_{number}_pointwise"
        net = slim.conv2d(net, width, 1, scope=name)
        endpoints[name] = net
    return net
