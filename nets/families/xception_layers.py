"""Layers of Xception as DeepLab has it: convolutions with strides in place of poolings.

Imports TensorFlow.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

import tensorflow as tf
import tf_slim as slim
from tf_slim.nets import resnet_utils

if TYPE_CHECKING:
    from slimhub.nets.families.xception import SeparableBlock
    from slimhub.nets.spec import NetworkSpec

_KERNEL = 3
_STEM = (("conv1_1", 32, 2), ("conv1_2", 64, 1))  # scope, width and stride


def layers(spec: NetworkSpec, images: tf.Tensor, endpoints: dict[str, tf.Tensor]) -> tf.Tensor:
    """All layers up to the features.

    Args:
      spec: its definition is a sequence of `xception.SeparableBlock`.
      images: f32[batch, height, width, channels] in the network's own range.
      endpoints: filled with the outputs of all convolutions, modules and blocks, by their scopes.

    Returns:
      f32[batch, height / 32, width / 32, 2048].
    """
    net = images
    for name, width, stride in _STEM:
        scope = f"entry_flow/{name}"
        net = resnet_utils.conv2d_same(net, width, _KERNEL, stride=stride, scope=scope)
        endpoints[scope] = net
    for block in cast("Sequence[SeparableBlock]", spec.definition):
        for number in range(1, block.modules + 1):
            stride = block.stride if number == block.modules else 1
            scope = f"{block.scope}/unit_{number}/xception_module"
            net = endpoints[scope] = _module(net, block, stride, scope, endpoints)
        endpoints[block.scope] = net
    return net


def _module(
    inputs: tf.Tensor,
    block: SeparableBlock,
    stride: int,
    scope: str,
    endpoints: dict[str, tf.Tensor],
) -> tf.Tensor:
    net = inputs
    for number, width in enumerate(block.widths, 1):
        step = stride if number == len(block.widths) else 1
        if not block.activates_inside:
            net = tf.nn.relu(net)
        activation = tf.nn.relu if block.activates_inside else None
        name = f"{scope}/separable_conv{number}"
        net = endpoints[f"{name}_depthwise"] = _depthwise(net, step, activation, name)
        net = slim.conv2d(net, width, 1, activation_fn=activation, scope=f"{name}_pointwise")
        endpoints[f"{name}_pointwise"] = net
    if block.shortcut == "none":
        return net
    if block.shortcut == "sum":
        return net + inputs
    options = {"stride": stride, "activation_fn": None, "scope": f"{scope}/shortcut"}
    shortcut = slim.conv2d(inputs, block.widths[-1], 1, **options)
    endpoints[f"{scope}/shortcut"] = shortcut
    return net + shortcut


def _depthwise(net: tf.Tensor, stride: int, activation: object, name: str) -> tf.Tensor:
    """Keeps maps aligned: with a stride, as many zeros on both sides, whatever the size."""
    padding = "SAME"
    if stride > 1:
        around = [_KERNEL // 2, _KERNEL // 2]
        net, padding = tf.pad(net, [[0, 0], around, around, [0, 0]]), "VALID"
    return slim.separable_conv2d(
        net,
        None,
        _KERNEL,
        depth_multiplier=1,
        stride=stride,
        padding=padding,
        activation_fn=activation,
        scope=f"{name}_depthwise",
    )
