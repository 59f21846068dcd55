"""The classification head that the MobileNets share. Imports TensorFlow."""

from __future__ import annotations

import tensorflow as tf
import tf_slim as slim


def classify(
    features: tf.Tensor,
    num_classes: int,
    dropout_keep: float,
    weights_initializer: tf.compat.v1.Initializer,
) -> dict[str, tf.Tensor]:
    """Logits and probabilities from features.

    Args:
      features: f32[batch, 1, 1, depth].
      num_classes: width of the logits.
      dropout_keep: probability to keep a feature; 1 for no dropout.
      weights_initializer: of the one 1x1 convolution.

    Returns:
      `Logits` and `Predictions` (their softmax), both f32[batch, num_classes].
    """
    with tf.compat.v1.variable_scope("Logits"):
        if dropout_keep < 1.0:
            features = tf.nn.dropout(features, rate=1.0 - dropout_keep, name="Dropout")
        logits = slim.conv2d(
            features,
            num_classes,
            1,
            activation_fn=None,
            normalizer_fn=None,
            weights_initializer=weights_initializer,
            scope="Conv2d_1c_1x1",
        )
        logits = tf.squeeze(logits, [1, 2], name="SpatialSqueeze")
    return {"Logits": logits, "Predictions": tf.nn.softmax(logits, name="Predictions")}
