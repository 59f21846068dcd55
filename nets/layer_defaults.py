"""What all layers of a MobileNet have in common. Imports TensorFlow."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

import tensorflow as tf
import tf_slim as slim

from nets.batch_norm import batch_norm

if TYPE_CHECKING:
    from nets.spec import NetworkSpec

_WEIGHTS_STDDEV = 0.09  # of the truncated normal that the original training starts from


@contextlib.contextmanager
def layer_defaults(
    spec: NetworkSpec, is_training: bool, batch_norm_momentum: float | tf.Tensor
) -> Iterator[None]:
    """Batch norm, padding and initial weights of every convolution inside.

    Args:
      spec: has the epsilon of batch norm.
      is_training: whether batch norm uses the batch and moves its statistics.
      batch_norm_momentum: factor of the old statistics, in [0, 1].
    """
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
        weights_initializer=weights_initializer(),
    ):
        yield


def weights_initializer() -> tf.compat.v1.Initializer:
    """Of convolutions, for training from the start."""
    return tf.compat.v1.truncated_normal_initializer(stddev=_WEIGHTS_STDDEV)
