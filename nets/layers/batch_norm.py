"""Batch norm for the layers of TF-Slim. Imports TensorFlow.

TF-Slim 1.1.0 has two implementations, and neither works here: one is a Keras layer that current
tf-keras no longer provides under the path TF-Slim uses (and that feeds the moving statistics to the
training kernel, which TensorFlow 1.15 refuses), the other needs a symbol that TensorFlow has
removed.
"""

from __future__ import annotations

import tensorflow as tf
import tf_slim as slim


@slim.add_arg_scope
def batch_norm(
    inputs: tf.Tensor,
    *,
    decay: float | tf.Tensor,
    rate: float | tf.Tensor,
    epsilon: float,
    is_training: bool,
    center: bool = True,
    scale: bool = True,
    scope: str | None = None,
) -> tf.Tensor:
    """Normalizes each channel, with TF-Slim's variable names.

    Args:
      inputs: f32[batch, height, width, depth].
      decay: momentum in [0, 1]; in training, each moving statistic becomes decay * old + rate *
        batch, with the unbiased variance of the batch.
      rate: 1 - decay; all layers of a network share it.
      epsilon: added to the variance.
      is_training: whether to use batch statistics, and to add updates of the moving ones to
        tf.GraphKeys.UPDATE_OPS.
      center: whether there is a `beta`.
      scale: whether there is a `gamma`.
      scope: variable scope, `BatchNorm` by default.

    Returns:
      f32 of the shape of `inputs`.
    """
    with tf.compat.v1.variable_scope(scope, "BatchNorm", [inputs]):
        gamma = _statistic("gamma", inputs, 1.0) if scale else tf.ones([inputs.shape[-1]])
        beta = _statistic("beta", inputs, 0.0) if center else tf.zeros([inputs.shape[-1]])
        mean = _statistic("moving_mean", inputs, 0.0, trainable=False)
        variance = _statistic("moving_variance", inputs, 1.0, trainable=False)
        normalize = tf.compat.v1.nn.fused_batch_norm
        if not is_training:
            return normalize(
                inputs, gamma, beta, mean, variance, epsilon=epsilon, is_training=False
            )[0]
        outputs, batch_mean, batch_variance = normalize(inputs, gamma, beta, epsilon=epsilon)
        for moving, batch in ((mean, batch_mean), (variance, batch_variance)):
            update = moving.assign(decay * moving + rate * batch)
            tf.compat.v1.add_to_collection(tf.compat.v1.GraphKeys.UPDATE_OPS, update)
        return outputs


def _statistic(
    name: str, inputs: tf.Tensor, initial: float, *, trainable: bool = True
) -> tf.Variable:
    """A variable with one value per channel."""
    return slim.model_variable(
        name,
        shape=[inputs.shape[-1]],
        initializer=tf.compat.v1.constant_initializer(initial),
        trainable=trainable,
    )
