"""Between maps and the vectors that full layers take. Imports TensorFlow."""

from __future__ import annotations

import tensorflow as tf


def flattened(net: tf.Tensor) -> tf.Tensor:
    """All values of a map, row by row.

    Args:
      net: f32[batch, height, width, depth]; only the batch may be unknown.

    Returns:
      f32[batch, height * width * depth].
    """
    _, height, width, depth = net.shape
    return tf.reshape(net, [-1, height * width * depth])


def as_map(net: tf.Tensor) -> tf.Tensor:
    """A vector as the map of one position that `trunk.Layers` return.

    Args:
      net: f32[batch, depth].

    Returns:
      f32[batch, 1, 1, depth].
    """
    return tf.reshape(net, [-1, 1, 1, net.shape[-1]])
