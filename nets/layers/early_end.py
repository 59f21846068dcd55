"""Ends a network at an endpoint while it is being built. Imports TensorFlow."""

from __future__ import annotations

import tensorflow as tf


class LastLayerReached(Exception):  # noqa: N818 - it is no error
    """Ends the layers of a network at an endpoint: nothing behind it is built."""


class EndpointsUpTo(dict[str, tf.Tensor]):
    """Endpoints by name, in graph order.

    Setting the last one ends the function that builds the layers: only so are the variables behind
    it never made.
    """

    def __init__(self, last: str | None) -> None:
        """Starts without endpoints.

        Args:
          last: the endpoint to end with, None for the network's own end.
        """
        super().__init__()
        self._last = last

    def __setitem__(self, name: str, tensor: tf.Tensor) -> None:
        super().__setitem__(name, tensor)
        if name == self._last:
            raise LastLayerReached
