"""MobileNet V1 as a TF-Slim graph. Imports TensorFlow."""

from __future__ import annotations

from typing import TYPE_CHECKING

import tensorflow as tf
import tf_slim as slim

from slimhub.nets.families import mobilenet_v1
from slimhub.nets.layers.dilation import Strides

if TYPE_CHECKING:
    from slimhub.nets.spec import NetworkSpec


def layers(spec: NetworkSpec, net: tf.Tensor, endpoints: dict[str, tf.Tensor]) -> tf.Tensor:
    """All layers up to the features.

    Args:
      spec: depth multiplier, feature depth and output stride.
      net: images f32[batch, height, width, channels] in the network's own range.
      endpoints: filled with `Conv2d_0`, and for each pair `Conv2d_N_depthwise` and
        `Conv2d_N_pointwise`, in graph order.

    Returns:
      f32[batch, height, width, feature_depth], before the mean over height and width.
    """
    with slim.arg_scope([slim.conv2d, slim.separable_conv2d], activation_fn=tf.nn.relu6):
        return _pairs(spec, net, endpoints)


def _pairs(spec: NetworkSpec, net: tf.Tensor, endpoints: dict[str, tf.Tensor]) -> tf.Tensor:
    strides = Strides(spec.output_stride)
    width = mobilenet_v1.stem_width(spec.depth_multiplier)
    net = slim.conv2d(net, width, 3, stride=strides.of(2)[0], scope="Conv2d_0")
    endpoints["Conv2d_0"] = net
    for number, (width, stride) in enumerate(mobilenet_v1.PAIRS, 1):
        is_last = number == len(mobilenet_v1.PAIRS)
        width = spec.feature_depth if is_last else mobilenet_v1.scaled(width, spec.depth_multiplier)
        name = f"Conv2d_{number}_depthwise"
        # Without a width, only the depthwise convolution.
        stride, rate = strides.of(stride)
        net = slim.separable_conv2d(
            net, None, 3, depth_multiplier=1, stride=stride, rate=rate, scope=name
        )
        endpoints[name] = net
        name = f"Conv2d_{number}_pointwise"
        net = slim.conv2d(net, width, 1, scope=name)
        endpoints[name] = net
    return net
