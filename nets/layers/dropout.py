"""Dropout for the layers of TF-Slim. Imports TensorFlow."""

from __future__ import annotations

import tensorflow as tf
import tf_slim as slim


@slim.add_arg_scope
def dropout(inputs: tf.Tensor, *, keep: float, is_training: bool, name: str) -> tf.Tensor:
    """Sets values to 0 at random when training, and divides the others by the fraction kept.

    Args:
      inputs: f32 of any shape.
      keep: probability to keep a value, in (0, 1]; 1 adds nothing to the graph.
      is_training: without it nothing is added to the graph.
      name: of the operations.

    Returns:
      f32 of the shape of `inputs`.
    """
    if not is_training or keep == 1:
        return inputs
    return tf.nn.dropout(inputs, rate=1.0 - keep, name=name)
