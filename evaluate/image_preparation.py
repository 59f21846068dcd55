"""Encoded pictures as a network takes them. Imports TensorFlow.

The way from a file to the network's input is part of a figure of accuracy: the same network differs
by 0.2 to 1.6 points between ways.
"""

from __future__ import annotations

import tensorflow as tf

CROP = 0.875  # of height and width, as TF-Slim's `inception_preprocessing.py` has it
LARGEST_PIXELS = 1 << 26  # 8192 x 8192; a file of 1 MB can say that it is larger than memory
_JPEG = b"\xff"
_PNG = b"\x89"


def prepare(encoded: tf.Tensor, size: int, preprocessing: str) -> tf.Tensor:
    """Decodes one picture, and brings it to the size of a network.

    Args:
      encoded: string[], a JPEG or PNG file.
      size: height and width of the result, pixels.
      preprocessing: one of `evaluation_request.PREPROCESSING`:
        `slim`: the central 87.5% of height and width, stretched to the square by TF-Slim's bilinear
        interpolation (`align_corners=False`, which maps corners of pixels, not centers);
        `center_crop`: the shorter side becomes size / 0.875, and the square in the middle is cut
        out; `resize`: the whole picture, stretched. Both interpolate bilinearly between centers of
        pixels, without antialiasing.

    Returns:
      f32[size, size, 3] in [0, 1].

    Raises:
      tf.errors.InvalidArgumentError: if it is not a JPEG or PNG file, is damaged, or has more than
        `LARGEST_PIXELS`, also when `center_crop` has scaled it.
    """
    with tf.control_dependencies([_check_pixels(encoded)]):
        pixels = tf.io.decode_jpeg(encoded, channels=3)  # which also decodes PNG
    image = tf.image.convert_image_dtype(pixels, tf.float32)
    fitted = _WAYS[preprocessing](image, size)
    return tf.ensure_shape(fitted, [size, size, 3])


def _check_pixels(encoded: tf.Tensor) -> tf.Operation:
    first = tf.strings.substr(encoded, 0, 1)
    is_jpeg, is_png = first == _JPEG, first == _PNG
    known = tf.debugging.Assert(is_jpeg | is_png, ["it is not a JPEG or PNG file"])
    with tf.control_dependencies([known]):
        shape = tf.cond(
            is_jpeg,
            lambda: tf.cast(tf.image.extract_jpeg_shape(encoded)[:2], tf.int64),
            lambda: _png_shape(encoded),
        )
    is_small = tf.reduce_prod(shape) <= LARGEST_PIXELS
    return tf.debugging.Assert(is_small, ["it has more than 67,108,864 pixels"])


def _png_shape(encoded: tf.Tensor) -> tf.Tensor:
    """Width and height in the header of a PNG file, which begins at byte 16."""
    sides = tf.io.decode_raw(tf.strings.substr(encoded, 16, 8), tf.int32, little_endian=False)
    # Of 2^31 and more, which is negative here, libpng refuses the file.
    return tf.cast(tf.ensure_shape(sides, [2]), tf.int64)


def _slim(image: tf.Tensor, size: int) -> tf.Tensor:
    middle = tf.image.central_crop(image, CROP)
    return tf.compat.v1.image.resize_bilinear(middle[None], [size, size], align_corners=False)[0]


def _center_crop(image: tf.Tensor, size: int) -> tf.Tensor:
    sides = tf.cast(tf.shape(image)[:2], tf.float32)
    shorter = tf.round(size / CROP)
    exact = tf.round(sides * shorter / tf.reduce_min(sides))
    is_small = tf.reduce_prod(exact) <= LARGEST_PIXELS
    known = tf.debugging.Assert(is_small, ["its sides differ too much for center_crop"])
    with tf.control_dependencies([known]):
        scaled = tf.cast(exact, tf.int32)
    resized = tf.image.resize(image, tf.maximum(scaled, size))
    top, left = [(tf.shape(resized)[axis] - size) // 2 for axis in (0, 1)]
    return resized[top : top + size, left : left + size]


def _resize(image: tf.Tensor, size: int) -> tf.Tensor:
    return tf.image.resize(image, [size, size])


_WAYS = {"slim": _slim, "center_crop": _center_crop, "resize": _resize}
