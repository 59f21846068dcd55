"""Layers of Inception V4. Imports TensorFlow.

Widths and order follow figures 3 to 8 of the paper; names are those of TF-Slim's variables.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import tensorflow as tf

from slimhub.nets.layers import branches

if TYPE_CHECKING:
    from slimhub.nets.spec import NetworkSpec

_STEM = ("Conv2d_1a_3x3 32 /2 V", "Conv2d_2a_3x3 32 V", "Conv2d_2b_3x3 64")
_A = (
    "Conv2d_0a_1x1 96",
    "Conv2d_0a_1x1 64, Conv2d_0b_3x3 96",
    "Conv2d_0a_1x1 64, Conv2d_0b_3x3 96, Conv2d_0c_3x3 96",
    "AvgPool_0a_3x3, Conv2d_0b_1x1 96",
)
_B = (
    "Conv2d_0a_1x1 384",
    "Conv2d_0a_1x1 192, Conv2d_0b_1x7 224, Conv2d_0c_7x1 256",
    "Conv2d_0a_1x1 192, Conv2d_0b_7x1 192, Conv2d_0c_1x7 224, Conv2d_0d_7x1 224, Conv2d_0e_1x7 256",
    "AvgPool_0a_3x3, Conv2d_0b_1x1 128",
)
_C = (
    "Conv2d_0a_1x1 256",
    "Conv2d_0a_1x1 384, Conv2d_0b_1x3 256 | Conv2d_0c_3x1 256",
    "Conv2d_0a_1x1 384, Conv2d_0b_3x1 448, Conv2d_0c_1x3 512, "
    "Conv2d_0d_1x3 256 | Conv2d_0e_3x1 256",
    "AvgPool_0a_3x3, Conv2d_0b_1x1 256",
)
_BLOCKS = {
    "Mixed_3a": ("MaxPool_0a_3x3 /2 V", "Conv2d_0a_3x3 96 /2 V"),
    "Mixed_4a": (
        "Conv2d_0a_1x1 64, Conv2d_1a_3x3 96 V",
        "Conv2d_0a_1x1 64, Conv2d_0b_1x7 64, Conv2d_0c_7x1 64, Conv2d_1a_3x3 96 V",
    ),
    "Mixed_5a": ("Conv2d_1a_3x3 192 /2 V", "MaxPool_1a_3x3 /2 V"),
    **{f"Mixed_5{letter}": _A for letter in "bcde"},
    "Mixed_6a": (
        "Conv2d_1a_3x3 384 /2 V",
        "Conv2d_0a_1x1 192, Conv2d_0b_3x3 224, Conv2d_1a_3x3 256 /2 V",
        "MaxPool_1a_3x3 /2 V",
    ),
    **{f"Mixed_6{letter}": _B for letter in "bcdefgh"},
    "Mixed_7a": (
        "Conv2d_0a_1x1 192, Conv2d_1a_3x3 192 /2 V",
        "Conv2d_0a_1x1 256, Conv2d_0b_1x7 256, Conv2d_0c_7x1 320, Conv2d_1a_3x3 320 /2 V",
        "MaxPool_1a_3x3 /2 V",
    ),
    **{f"Mixed_7{letter}": _C for letter in "bcd"},
}


def layers(spec: NetworkSpec, images: tf.Tensor, endpoints: dict[str, tf.Tensor]) -> tf.Tensor:
    """Builds the layers up to the features; see `trunk.Layers`."""
    net = images
    for text in _STEM:
        net = endpoints[text.split()[0]] = branches.layer(net, text)
    for name, rows in _BLOCKS.items():
        net = endpoints[name] = branches.block(net, name, *rows)
    return net
