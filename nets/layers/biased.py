"""Layers of networks without batch norms, each of which is an endpoint. Imports TensorFlow."""

from __future__ import annotations

import tensorflow as tf
import tf_slim as slim


class BiasedLayers:
    """Adds layers one after another."""

    def __init__(self, endpoints: dict[str, tf.Tensor]) -> None:
        """Adds nothing yet.

        Args:
          endpoints: filled with the output of each layer, by its scope.
        """
        self._endpoints = endpoints

    def conv(
        self, net: tf.Tensor, width: int, kernel: int, scope: str, **options: object
    ) -> tf.Tensor:
        """A convolution with biases.

        Args:
          net: f32[batch, height, width, depth].
          width: channels of the output.
          kernel: height and width, pixels.
          scope: of its variables.
          **options: further arguments of `slim.conv2d`.
        """
        net = slim.conv2d(net, width, kernel, normalizer_fn=None, scope=scope, **options)
        self._endpoints[scope] = net
        return net

    def pool(self, net: tf.Tensor, kernel: int, scope: str) -> tf.Tensor:
        """The maximum, at stride 2.

        Args:
          net: f32[batch, height, width, depth].
          kernel: height and width, pixels.
          scope: the name of the endpoint.
        """
        net = self._endpoints[scope] = slim.max_pool2d(net, kernel, stride=2, scope=scope)
        return net
