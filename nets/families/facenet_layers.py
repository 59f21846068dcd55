"""Layers of Inception-ResNet V1 with FaceNet's embedding. Imports TensorFlow.

Widths and repeats follow the paper's figures 10 to 14; residual scales, names and the embedding are
those of FaceNet. Its dropout before the embedding, which its training keeps off by default, is left
out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import tensorflow as tf
import tf_slim as slim

from slimhub.nets.families.facenet import SCOPE
from slimhub.nets.families.inception_resnet_layers import repeat, residual
from slimhub.nets.layers import branches, flat
from slimhub.nets.layers.batch_norm import batch_norm

if TYPE_CHECKING:
    from slimhub.nets.spec import NetworkSpec

_STEM = (
    "Conv2d_1a_3x3 32 /2 V",
    "Conv2d_2a_3x3 32 V",
    "Conv2d_2b_3x3 64",
    "MaxPool_3a_3x3 /2 V",
    "Conv2d_3b_1x1 80 V",
    "Conv2d_4a_3x3 192 V",
    "Conv2d_4b_3x3 256 /2 V",
)
_MIXED_6A = (
    "Conv2d_1a_3x3 384 /2 V",
    "Conv2d_0a_1x1 192, Conv2d_0b_3x3 192, Conv2d_1a_3x3 256 /2 V",
    "MaxPool_1a_3x3 /2 V",
)
_MIXED_7A = (
    "Conv2d_0a_1x1 256, Conv2d_1a_3x3 384 /2 V",
    "Conv2d_0a_1x1 256, Conv2d_1a_3x3 256 /2 V",
    "Conv2d_0a_1x1 256, Conv2d_0b_3x3 256, Conv2d_1a_3x3 256 /2 V",
    "MaxPool_1a_3x3 /2 V",
)
# Residual blocks; the number is the height of their maps at 299 pixels.
_BLOCK_35 = (
    "Conv2d_1x1 32",
    "Conv2d_0a_1x1 32, Conv2d_0b_3x3 32",
    "Conv2d_0a_1x1 32, Conv2d_0b_3x3 32, Conv2d_0c_3x3 32",
)
_BLOCK_17 = ("Conv2d_1x1 128", "Conv2d_0a_1x1 128, Conv2d_0b_1x7 128, Conv2d_0c_7x1 128")
_BLOCK_8 = ("Conv2d_1x1 192", "Conv2d_0a_1x1 192, Conv2d_0b_1x3 192, Conv2d_0c_3x1 192")
_LEAST = 1e-10  # of the squared length that an embedding is divided by


def layers(spec: NetworkSpec, images: tf.Tensor, endpoints: dict[str, tf.Tensor]) -> tf.Tensor:
    """All layers up to the embedding.

    Args:
      spec: width of the embedding.
      images: f32[batch, height, width, channels] in the network's own range.
      endpoints: filled with those of the stem, `Mixed_6a`, `Mixed_7a`, `PrePool`,
        `PreLogitsFlatten`, and `embeddings`, the features scaled to length 1.

    Returns:
      f32[batch, 1, 1, feature_depth], not scaled to length 1: the logits take it as it is.
    """
    net = images
    with tf.compat.v1.variable_scope(SCOPE):
        for text in _STEM:
            net = endpoints[text.split()[0]] = branches.layer(net, text)
        net = repeat(net, 5, "Repeat/block35", _BLOCK_35, 0.17)
        net = endpoints["Mixed_6a"] = branches.block(net, "Mixed_6a", *_MIXED_6A)
        net = repeat(net, 10, "Repeat_1/block17", _BLOCK_17, 0.10)
        net = endpoints["Mixed_7a"] = branches.block(net, "Mixed_7a", *_MIXED_7A)
        net = repeat(net, 5, "Repeat_2/block8", _BLOCK_8, 0.20)
        net = endpoints["PrePool"] = residual(net, "Block8", _BLOCK_8, 1.0)
        net = endpoints["PreLogitsFlatten"] = tf.reduce_mean(net, [1, 2], name="PreLogitsFlatten")
        net = _bottleneck(net, spec.feature_depth)
    embeddings = tf.nn.l2_normalize(net[:, 0, 0], 1, _LEAST, name="embeddings")
    endpoints["embeddings"] = embeddings
    return net


def _bottleneck(net: tf.Tensor, width: int) -> tf.Tensor:
    """A full layer with batch norm, as a map of one position."""
    options = {"activation_fn": None, "biases_initializer": None, "scope": "Bottleneck"}
    net = slim.fully_connected(net, width, **options)
    with tf.compat.v1.variable_scope("Bottleneck"):
        return batch_norm(flat.as_map(net))
