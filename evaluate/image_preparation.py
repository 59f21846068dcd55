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
    fitted = _WAYS[preprocessing](pixels, size)
    return tf.ensure_shape(fitted, [size, size, 3])


def _check_pixels(encoded: tf.Tensor) -> tf.Operation:
    sides = tf.cond(
        tf.strings.substr(encoded, 0, 1) == _JPEG,
        lambda: tf.cast(tf.image.extract_jpeg_shape(encoded), tf.int64)[:2],
        lambda: _png_sides(encoded),
    )
    is_small = tf.reduce_prod(sides) <= LARGEST_PIXELS
    return _check(is_small, f"it has more than {LARGEST_PIXELS:,} pixels")


def _check(condition: tf.Tensor, message: str) -> tf.Operation:
    """Like `tf.debugging.Assert`, without its `tf.cond`, which costs more than what is checked."""
    return tf.raw_ops.Assert(condition=condition, data=[message])


def _png_sides(encoded: tf.Tensor) -> tf.Tensor:
    """Width and height in the header of a PNG file, which begins at byte 16."""
    is_png = tf.strings.substr(encoded, 0, 1) == _PNG
    with tf.control_dependencies([_check(is_png, "it is not a JPEG or PNG file")]):
        header = tf.strings.substr(encoded, 16, 8)
    sides = tf.io.decode_raw(header, tf.int32, little_endian=False)
    # Of 2^31 and more, which is negative here, libpng refuses the file.
    return tf.cast(tf.ensure_shape(sides, [2]), tf.int64)


def _as_floats(pixels: tf.Tensor) -> tf.Tensor:
    return tf.image.convert_image_dtype(pixels, tf.float32)


def _slim(pixels: tf.Tensor, size: int) -> tf.Tensor:
    middle = _as_floats(_middle(pixels))
    # `tf.compat.v1.image.resize_bilinear`, which warns that it is deprecated.
    one = tf.raw_ops.ResizeBilinear(
        images=middle[None], size=[size, size], align_corners=False, half_pixel_centers=False
    )
    return tf.squeeze(one, 0)


def _middle(pixels: tf.Tensor) -> tf.Tensor:
    """The pixels of `tf.image.central_crop(pixels, CROP)`, with a third of its operations."""
    sides = tf.shape(pixels)[:2]
    exact = tf.cast(sides, tf.float64)
    start = tf.cast((exact - exact * CROP) / 2, tf.int32)
    size = sides - 2 * start
    return tf.slice(pixels, tf.concat([start, [0]], 0), tf.concat([size, [3]], 0))


def _center_crop(pixels: tf.Tensor, size: int) -> tf.Tensor:
    sides = tf.cast(tf.shape(pixels)[:2], tf.float32)
    shorter = tf.round(size / CROP)
    exact = tf.round(sides * shorter / tf.reduce_min(sides))
    is_small = tf.reduce_prod(exact) <= LARGEST_PIXELS
    known = _check(is_small, "its sides differ too much for center_crop")
    with tf.control_dependencies([known]):
        scaled = tf.cast(exact, tf.int32)
    resized = tf.image.resize(_as_floats(pixels), tf.maximum(scaled, size))
    top, left = [(tf.shape(resized)[axis] - size) // 2 for axis in (0, 1)]
    return resized[top : top + size, left : left + size]


def _resize(pixels: tf.Tensor, size: int) -> tf.Tensor:
    return tf.image.resize(_as_floats(pixels), [size, size])


_WAYS = {"slim": _slim, "center_crop": _center_crop, "resize": _resize}
