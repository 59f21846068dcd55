"""Layers of ResNet V1 and V2. Imports TensorFlow.

TF-Slim's V2 module hardcodes TF-Slim's own batch norm, which does not work here (see `batch_norm`),
so the units are reimplemented; padding and subsampling are TF-Slim's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, cast

import tensorflow as tf
import tf_slim as slim
from tf_slim.nets import resnet_utils

from slimhub.nets.layers.batch_norm import batch_norm
from slimhub.nets.layers.dilation import Strides

if TYPE_CHECKING:
    from slimhub.nets.spec import NetworkSpec

_STEM_WIDTH = 64
_WIDTHS = (64, 128, 256, 512)  # of the inner layers of each block's units
_EXPANSION = 4  # from these to the unit's output

# Takes the unit's input, inner width, stride and dilation rate, and a dict for the endpoints.
Unit = Callable[[tf.Tensor, int, int, int, dict[str, tf.Tensor]], tf.Tensor]


def layers_v1(
    spec: NetworkSpec,
    images: tf.Tensor,
    endpoints: dict[str, tf.Tensor],
) -> tf.Tensor:
    """Builds ResNet V1 up to the features, with a batch norm after every convolution.

    Args:
      spec: its definition says how many units each of the four blocks has; output stride.
      images: f32[batch, height, width, channels] in the network's own range.
      endpoints: filled with the layers' outputs, by name without the network's scope.

    Returns:
      f32[batch, height / stride, width / stride, 2048], where the output stride is 32 by default.
    """
    net = resnet_utils.conv2d_same(images, _STEM_WIDTH, 7, stride=2, scope="conv1")
    endpoints["conv1"] = net
    return _blocks(spec, "bottleneck_v1", _unit_v1, net, endpoints)


def layers_v2(
    spec: NetworkSpec,
    images: tf.Tensor,
    endpoints: dict[str, tf.Tensor],
) -> tf.Tensor:
    """Builds ResNet V2 like `layers_v1`, with a batch norm before the convolutions."""
    with slim.arg_scope([slim.conv2d], activation_fn=None, normalizer_fn=None):
        net = resnet_utils.conv2d_same(images, _STEM_WIDTH, 7, stride=2, scope="conv1")
    endpoints["conv1"] = net
    net = _blocks(spec, "bottleneck_v2", _unit_v2, net, endpoints)
    return tf.nn.relu(batch_norm(net, scope="postnorm"))


def _units(spec: NetworkSpec) -> Sequence[int]:
    """How many units each block has."""
    return cast("Sequence[int]", spec.definition)


def _blocks(
    spec: NetworkSpec,
    unit_name: str,
    unit: Unit,
    net: tf.Tensor,
    endpoints: dict[str, tf.Tensor],
) -> tf.Tensor:
    units, strides = _units(spec), Strides(spec.output_stride)
    for _ in ("conv1", "pool1"):
        strides.of(2)
    net = slim.max_pool2d(net, 3, stride=2, padding="SAME", scope="pool1")
    for i, (width, count) in enumerate(zip(_WIDTHS, units, strict=True), 1):
        for j in range(1, count + 1):
            # Every block except the last halves its output, in its last unit.
            stride, rate = strides.of(2 if j == count and i < len(units) else 1)
            scope = f"block{i}/unit_{j}/{unit_name}"
            inner: dict[str, tf.Tensor] = {}
            with tf.compat.v1.variable_scope(scope):
                net = unit(net, width, stride, rate, inner)
            endpoints.update((f"{scope}/{name}", tensor) for name, tensor in inner.items())
            endpoints[scope] = net
        endpoints[f"block{i}"] = net
    return net


def _unit_v1(
    inputs: tf.Tensor, width: int, stride: int, rate: int, endpoints: dict[str, tf.Tensor]
) -> tf.Tensor:
    depth = _EXPANSION * width
    if inputs.shape[-1] == depth:
        shortcut = resnet_utils.subsample(inputs, stride, "shortcut")
    else:
        shortcut = slim.conv2d(
            inputs, depth, 1, stride=stride, activation_fn=None, scope="shortcut"
        )
        endpoints["shortcut"] = shortcut
    net = endpoints["conv1"] = slim.conv2d(inputs, width, 1, scope="conv1")
    net = endpoints["conv2"] = resnet_utils.conv2d_same(net, width, 3, stride, rate, scope="conv2")
    net = endpoints["conv3"] = slim.conv2d(net, depth, 1, activation_fn=None, scope="conv3")
    return tf.nn.relu(shortcut + net)


def _unit_v2(
    inputs: tf.Tensor, width: int, stride: int, rate: int, endpoints: dict[str, tf.Tensor]
) -> tf.Tensor:
    depth = _EXPANSION * width
    linear = {"activation_fn": None, "normalizer_fn": None}
    activated = tf.nn.relu(batch_norm(inputs, scope="preact"))
    if inputs.shape[-1] == depth:
        shortcut = resnet_utils.subsample(inputs, stride, "shortcut")
    else:
        shortcut = slim.conv2d(activated, depth, 1, stride=stride, scope="shortcut", **linear)
        endpoints["shortcut"] = shortcut
    net = endpoints["conv1"] = slim.conv2d(activated, width, 1, scope="conv1")
    net = endpoints["conv2"] = resnet_utils.conv2d_same(net, width, 3, stride, rate, scope="conv2")
    net = endpoints["conv3"] = slim.conv2d(net, depth, 1, scope="conv3", **linear)
    return shortcut + net
