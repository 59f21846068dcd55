"""What every MobileNet has in common around its layers. Imports TensorFlow."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import tensorflow as tf
import tf_slim as slim

from nets.batch_norm import batch_norm

if TYPE_CHECKING:
    from nets.spec import NetworkSpec

_WEIGHTS_STDDEV = 0.09  # of the truncated normal that the original training starts from

# Makes all layers up to the features from the images, and fills in their endpoints.
Layers = Callable[["NetworkSpec", tf.Tensor, dict[str, tf.Tensor]], tf.Tensor]


def build(
    layers: Layers,
    spec: NetworkSpec,
    images: tf.Tensor,
    *,
    num_classes: int | None,
    is_training: bool,
    batch_norm_momentum: float | tf.Tensor,
) -> dict[str, tf.Tensor]:
    """Builds a MobileNet in the current graph.

    Args:
      layers: makes its layers up to the features.
      spec: depth multiplier, feature depth and constants of batch norm and dropout.
      images: f32[batch, height, width, 3] in the network's own range.
      num_classes: width of the logits, or None for a network without them.
      is_training: batch statistics and dropout, and updates in tf.GraphKeys.UPDATE_OPS.
      batch_norm_momentum: factor of the old moving statistics in an update, in [0, 1].

    Returns:
      Endpoints by name without the scope, in graph order: those of the layers, then the mean
      over height and width f32[batch, 1, 1, feature_depth] and, with classes, `Logits` and
      `Predictions` (their softmax) f32[batch, num_classes].
    """
    endpoints: dict[str, tf.Tensor] = {}
    with (
        tf.compat.v1.variable_scope(spec.scope),
        _layer_defaults(spec, is_training, batch_norm_momentum),
    ):
        net = layers(spec, images, endpoints)
        net = tf.reduce_mean(net, [1, 2], keepdims=True, name=spec.feature_endpoint)
        endpoints[spec.feature_endpoint] = net
        if num_classes is not None:
            endpoints["Logits"] = _logits(net, num_classes, spec.dropout_keep, is_training)
            endpoints["Predictions"] = tf.nn.softmax(endpoints["Logits"], name="Predictions")
    return endpoints


def _logits(
    features: tf.Tensor, num_classes: int, dropout_keep: float, is_training: bool
) -> tf.Tensor:
    with tf.compat.v1.variable_scope("Logits"):
        if is_training:
            features = tf.nn.dropout(features, rate=1.0 - dropout_keep, name="Dropout")
        logits = slim.conv2d(
            features, num_classes, 1, activation_fn=None, normalizer_fn=None, scope="Conv2d_1c_1x1"
        )
        return tf.squeeze(logits, [1, 2], name="SpatialSqueeze")


@contextlib.contextmanager
def _layer_defaults(
    spec: NetworkSpec, is_training: bool, batch_norm_momentum: float | tf.Tensor
) -> Iterator[None]:
    """Batch norm, padding and initial weights of every convolution inside."""
    normalizer = {
        "decay": batch_norm_momentum,
        "epsilon": spec.batch_norm_epsilon,
        "is_training": is_training,
    }
    with slim.arg_scope(
        [slim.conv2d, slim.separable_conv2d],
        padding="SAME",
        normalizer_fn=batch_norm,
        normalizer_params=normalizer,
        weights_initializer=tf.compat.v1.truncated_normal_initializer(stddev=_WEIGHTS_STDDEV),
    ):
        yield
