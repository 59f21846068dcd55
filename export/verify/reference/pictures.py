"""The images used by every proof. Imports TensorFlow."""

from __future__ import annotations

from importlib import resources

import numpy as np
import tensorflow as tf

# A cat: "Chelsea" by Stefan van der Walt, CC0, cropped to a square of 256 pixels.
_PHOTOGRAPH = "data/photograph.jpg"
_SEED = 1  # of the noise


def photograph_file() -> bytes:
    """The photograph as a JPEG file."""
    return resources.files("slimhub.export.verify.reference").joinpath(_PHOTOGRAPH).read_bytes()


def photograph(size: int) -> np.ndarray:
    """The photograph, f32[1, size, size, 3] in [0, 1]."""
    image = tf.io.decode_jpeg(photograph_file(), channels=3)
    image = tf.image.resize(tf.image.convert_image_dtype(image, tf.float32), [size, size])
    pixels: np.ndarray = image.numpy()
    return pixels[np.newaxis]


def noise(size: int) -> np.ndarray:
    """Uniform noise, f32[1, size, size, 3] in [0, 1]."""
    return np.random.RandomState(_SEED).uniform(0, 1, (1, size, size, 3)).astype(np.float32)


def gradient(size: int) -> np.ndarray:
    """A ramp in a different direction in each channel, f32[1, size, size, 3] in [0, 1]."""
    ramp = np.linspace(0, 1, size, dtype=np.float32)
    across, down = np.meshgrid(ramp, ramp)
    return np.stack([across, down, 1 - across], axis=-1)[np.newaxis]


def constant(size: int, value: float) -> np.ndarray:
    """One value everywhere, f32[1, size, size, 3]."""
    return np.full((1, size, size, 3), value, np.float32)


def striking(size: int) -> np.ndarray:
    """All zero, all one, and the photograph, f32[3, size, size, 3] in [0, 1]."""
    return np.concatenate([constant(size, 0), constant(size, 1), photograph(size)])


def batches(size: int) -> dict[str, np.ndarray]:
    """Batches of one and four images, by their content.

    Args:
      size: height and width, pixels.

    Returns:
      f32[batch, size, size, 3] in [0, 1].
    """
    return {
        "photograph": photograph(size),
        "noise, gradient, zeros, ones": np.concatenate(
            [noise(size), gradient(size), constant(size, 0), constant(size, 1)]
        ),
    }


def mixed(size: int) -> np.ndarray:
    """Noise and the photograph, f32[2, size, size, 3] in [0, 1], for training."""
    return np.concatenate([noise(size), photograph(size)])
