"""Blocks of parallel branches, as in all Inception networks. Imports TensorFlow.

A branch lists its layers in order. Each is the name of its scope, which ends in its kernel, and its
width: `Conv2d_0a_1x1 64, Conv2d_0b_1x7 96`. `/2` adds a stride, and `V` turns padding off. Parallel
layers, `a 64 | b 64`, take the same input and are concatenated.
"""

from __future__ import annotations

import re

import tensorflow as tf
import tf_slim as slim

_LAYER = re.compile(r"(?P<scope>(?P<kind>[A-Za-z2]+)(?:_\w+)?_(?P<height>\d)x(?P<width>\d))"
                    r"(?: (?P<depth>\d+))?(?: /(?P<stride>\d))?(?P<valid> V)?")  # fmt: skip


def block(net: tf.Tensor, scope: str, *branches: str) -> tf.Tensor:
    """Runs branches on one input and concatenates their outputs.

    Args:
      net: f32[batch, height, width, depth].
      scope: of the block; inside it, the branches are `Branch_0` and so on.
      branches: see above.
    """
    with tf.compat.v1.variable_scope(scope):
        return tf.concat(outputs(net, *branches), 3)


def outputs(net: tf.Tensor, *branches: str) -> list[tf.Tensor]:
    """Runs branches on one input, in the current scope, as `block`."""
    found = []
    for i, branch in enumerate(branches):
        with tf.compat.v1.variable_scope(f"Branch_{i}"):
            found.append(chain(net, branch))
    return found


def chain(net: tf.Tensor, layers: str) -> tf.Tensor:
    """Runs layers in order, in the current scope."""
    for step in layers.split(", "):
        parallel = [layer(net, text) for text in step.split(" | ")]
        net = parallel[0] if len(parallel) == 1 else tf.concat(parallel, 3)
    return net


def layer(net: tf.Tensor, text: str) -> tf.Tensor:
    """A convolution if there is a width, or else a pooling.

    Raises:
      ValueError: if the text is neither.
    """
    found = _LAYER.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is not a layer")
    kernel = [int(found["height"]), int(found["width"])]
    options = {
        "stride": int(found["stride"] or 1),
        "padding": "VALID" if found["valid"] else "SAME",
        "scope": found["scope"],
    }
    if found["kind"] == "Conv2d":
        return slim.conv2d(net, int(found["depth"]), kernel, **options)
    pool = {"MaxPool": slim.max_pool2d, "AvgPool": slim.avg_pool2d}[found["kind"]]
    return pool(net, kernel, **options)
