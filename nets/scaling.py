"""From images in [0, 1] to the range a network was trained on."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import tensorflow as tf


# Red, green and blue of the ImageNet pictures, as the networks trained in Caffe subtract them.
_MEAN_COLOUR = (123.68, 116.78, 103.94)


class InputScaling(enum.Enum):
    """How a network wants its images, as a sentence for people."""

    SYMMETRIC = "x * 2 - 1, in [-1, 1]"
    CAFFE = "x * 255 minus the mean colour (123.68, 116.78, 103.94)"

    def apply(self, images: tf.Tensor) -> tf.Tensor:
        """Scales images.

        Args:
          images: f32[batch, height, width, 3], RGB in [0, 1].

        Returns:
          f32 of the same shape, in the network's own range.
        """
        if self is InputScaling.CAFFE:
            return images * 255.0 - _MEAN_COLOUR
        return images * 2.0 - 1.0
