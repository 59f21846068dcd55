"""Layers of Inception-ResNet V2, and the blocks that V1 has as well. Imports TensorFlow.

Widths and repeats follow the paper's text and figures 10 to 17, as in TF-Slim's variables; the
residual scales are TF-Slim's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import tensorflow as tf
import tf_slim as slim

from slimhub.nets.layers import branches

if TYPE_CHECKING:
    from slimhub.nets.spec import NetworkSpec

_STEM = (
    "Conv2d_1a_3x3 32 /2 V",
    "Conv2d_2a_3x3 32 V",
    "Conv2d_2b_3x3 64",
    "MaxPool_3a_3x3 /2 V",
    "Conv2d_3b_1x1 80 V",
    "Conv2d_4a_3x3 192 V",
    "MaxPool_5a_3x3 /2 V",
)
_MIXED_5B = (
    "Conv2d_1x1 96",
    "Conv2d_0a_1x1 48, Conv2d_0b_5x5 64",
    "Conv2d_0a_1x1 64, Conv2d_0b_3x3 96, Conv2d_0c_3x3 96",
    "AvgPool_0a_3x3, Conv2d_0b_1x1 64",
)
_MIXED_6A = (
    "Conv2d_1a_3x3 384 /2 V",
    "Conv2d_0a_1x1 256, Conv2d_0b_3x3 256, Conv2d_1a_3x3 384 /2 V",
    "MaxPool_1a_3x3 /2 V",
)
_MIXED_7A = (
    "Conv2d_0a_1x1 256, Conv2d_1a_3x3 384 /2 V",
    "Conv2d_0a_1x1 256, Conv2d_1a_3x3 288 /2 V",
    "Conv2d_0a_1x1 256, Conv2d_0b_3x3 288, Conv2d_1a_3x3 320 /2 V",
    "MaxPool_1a_3x3 /2 V",
)
# Residual blocks; the number is the height of their maps at 299 pixels.
_BLOCK_35 = (
    "Conv2d_1x1 32",
    "Conv2d_0a_1x1 32, Conv2d_0b_3x3 32",
    "Conv2d_0a_1x1 32, Conv2d_0b_3x3 48, Conv2d_0c_3x3 64",
)
_BLOCK_17 = ("Conv2d_1x1 192", "Conv2d_0a_1x1 128, Conv2d_0b_1x7 160, Conv2d_0c_7x1 192")
_BLOCK_8 = ("Conv2d_1x1 192", "Conv2d_0a_1x1 192, Conv2d_0b_1x3 224, Conv2d_0c_3x1 256")
_LAST = "Conv2d_7b_1x1 1536"


def layers(spec: NetworkSpec, images: tf.Tensor, endpoints: dict[str, tf.Tensor]) -> tf.Tensor:
    """Builds the layers up to the features; see `trunk.Layers`."""
    net = images
    for text in _STEM:
        net = endpoints[text.split()[0]] = branches.layer(net, text)
    net = endpoints["Mixed_5b"] = branches.block(net, "Mixed_5b", *_MIXED_5B)
    net = repeat(net, 10, "Repeat/block35", _BLOCK_35, 0.17)
    net = endpoints["Mixed_6a"] = branches.block(net, "Mixed_6a", *_MIXED_6A)
    net = repeat(net, 20, "Repeat_1/block17", _BLOCK_17, 0.10)
    net = endpoints["Mixed_7a"] = branches.block(net, "Mixed_7a", *_MIXED_7A)
    net = repeat(net, 9, "Repeat_2/block8", _BLOCK_8, 0.20)
    net = residual(net, "Block8", _BLOCK_8, 1.0)
    net = endpoints["Conv2d_7b_1x1"] = endpoints["PrePool"] = branches.layer(net, _LAST)
    return net


def repeat(
    net: tf.Tensor, times: int, scope: str, rows: tuple[str, ...], scale: float
) -> tf.Tensor:
    """Several residual blocks, each followed by a rectifier.

    Args:
      net: f32[batch, height, width, depth].
      times: number of blocks.
      scope: of the blocks, without the numbers from 1 on.
      rows: branches of a block; see `branches`.
      scale: factor on what a block adds.

    Returns:
      f32 of the shape of `net`.
    """
    for i in range(1, times + 1):
        net = tf.nn.relu(residual(net, f"{scope}_{i}", rows, scale))
    return net


def residual(net: tf.Tensor, scope: str, rows: tuple[str, ...], scale: float) -> tf.Tensor:
    """Adds the branches, projected to the input's width and scaled; arguments as of `repeat`."""
    with tf.compat.v1.variable_scope(scope):
        mixed = tf.concat(branches.outputs(net, *rows), 3)
        linear = {"activation_fn": None, "normalizer_fn": None}
        return net + scale * slim.conv2d(mixed, net.shape[-1], 1, scope="Conv2d_1x1", **linear)
