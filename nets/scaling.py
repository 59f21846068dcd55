"""Converts images in [0, 1] to the range a network was trained on."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import tensorflow as tf


# Mean red, green and blue of the ImageNet images, which networks trained in Caffe subtract.
_MEAN_COLOR = (123.68, 116.78, 103.94)


class InputScaling(enum.Enum):
    """The range a network expects its images in, as a sentence for people."""

    SYMMETRIC = "x * 2 - 1, in [-1, 1]"
    CAFFE = "x * 255 minus the mean colour (123.68, 116.78, 103.94)"
    CAFFE_BGR = "x * 255 in the order blue, green, red, minus (103.94, 116.78, 123.68)"
    UNIT = "x, in [0, 1]"
    BYTES = "x * 255, in [0, 255]"
    CENTERED_127 = "(x * 255 - 127.5) / 128"
    CENTERED_128 = "(x * 255 - 128) / 128"
    STANDARDIZED = "(x - mean) / deviation of each image"

    @property
    def needs_colors(self) -> bool:
        """Whether it treats red, green and blue differently."""
        return self in (InputScaling.CAFFE, InputScaling.CAFFE_BGR)

    def apply(self, images: tf.Tensor) -> tf.Tensor:
        """Scales images.

        Args:
          images: f32[..., channels] in [0, 1], RGB if the scaling needs colors; for STANDARDIZED
            f32[batch, height, width, channels].

        Returns:
          f32 of the same shape, in the network's own range. STANDARDIZED is what
          tf.image.per_image_standardization makes of images in [0, 255]: the deviation is at least
          one over the square root of the number of values, so that an image of one color is zero.
        """
        if self is InputScaling.CAFFE:
            return images * 255.0 - _MEAN_COLOR
        if self is InputScaling.CAFFE_BGR:
            return images[..., ::-1] * 255.0 - _MEAN_COLOR[::-1]
        if self is InputScaling.UNIT:
            return images
        if self is InputScaling.BYTES:
            return images * 255.0
        if self in _CENTERS:
            return (images * 255.0 - _CENTERS[self]) / 128.0
        if self is InputScaling.STANDARDIZED:
            import tensorflow as tf

            return tf.image.per_image_standardization(images * 255.0)
        return images * 2.0 - 1.0


_CENTERS = {InputScaling.CENTERED_127: 127.5, InputScaling.CENTERED_128: 128.0}
# By the name of the option's value.
BY_NAME = {
    "symmetric": InputScaling.SYMMETRIC,
    "mean_rgb": InputScaling.CAFFE,
    "mean_bgr": InputScaling.CAFFE_BGR,
    "unit": InputScaling.UNIT,
    "raw255": InputScaling.BYTES,
    "centered_127": InputScaling.CENTERED_127,
    "centered_128": InputScaling.CENTERED_128,
    "per_image": InputScaling.STANDARDIZED,
}
NAMES = {scaling: name for name, scaling in BY_NAME.items()}
