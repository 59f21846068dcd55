"""Layers of Inception V1 to V3, which are TF-Slim's own. Imports TensorFlow."""

from __future__ import annotations

from typing import TYPE_CHECKING

import tensorflow.compat.v1 as tf
import tf_slim as slim
from tf_slim.nets import inception

if TYPE_CHECKING:
    from slimhub.nets.spec import NetworkSpec


def layers(spec: NetworkSpec, images: tf.Tensor, endpoints: dict[str, tf.Tensor]) -> tf.Tensor:
    """All layers up to the features.

    Args:
      spec: its definition is the version, 1 to 3.
      images: f32[batch, height, width, channels] in the network's own range.
      endpoints: filled with TF-Slim's endpoints, in graph order.

    Returns:
      f32[batch, height, width, feature_depth], before the mean over height and width.
    """
    base = getattr(inception, f"inception_v{spec.definition}_base")
    options: dict[str, float | str] = {}
    if spec.depth_rule is not None:
        options["depth_multiplier"] = spec.depth_multiplier
    if spec.last_layer is not None:
        options["final_endpoint"] = spec.last_layer
    # V2's only separable convolution, the first layer, has biases instead of a batch norm.
    with slim.arg_scope([slim.separable_conv2d], normalizer_fn=None):
        net, found = base(images, scope=tf.get_variable_scope(), **options)
    endpoints.update(found)
    return net
