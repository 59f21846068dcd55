"""Dropout for the layers of TF-Slim. Imports TensorFlow."""

from __future__ import annotations

import tensorflow as tf
import tf_slim as slim


@slim.add_arg_scope
def dropout(inputs: tf.Tensor, *, keep: float, is_training: bool, name: str) -> tf.Tensor:
    """In training, sets random values to 0 and divides the others by the fraction that is kept.

    Args:
      inputs: f32 of any shape.
      keep: probability of keeping a value, in (0, 1]; 1 adds nothing to the graph.
      is_training: if false, nothing is added to the graph.
      name: of the operations.

    Returns:
      f32 of the shape of `inputs`.
    """
    if not is_training or keep == 1:
        return inputs
    return tf.nn.dropout(inputs, rate=1.0 - keep, name=name)
