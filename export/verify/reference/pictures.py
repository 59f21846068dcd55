"""The images used by every proof. Imports TensorFlow."""

from __future__ import annotations

from importlib import resources
from typing import TypeAlias

import numpy as np
import tensorflow as tf

# A cat: "Chelsea" by Stefan van der Walt, CC0, cropped to a square of 256 pixels.
_PHOTOGRAPH = "data/photograph.jpg"
_SEED = 1  # of the noise
_COLORS = 3  # of the photograph

Shape: TypeAlias = tuple[int, int, int]  # height and width in pixels, and channels


def photograph_file() -> bytes:
    """The photograph as a JPEG file."""
    return resources.files("slimhub.export.verify.reference").joinpath(_PHOTOGRAPH).read_bytes()


def photograph(shape: Shape) -> np.ndarray:
    """The photograph, f32[1, *shape] in [0, 1].

    One channel is its brightness. Channels after the third are its colors again, each moved to the
    right by as many pixels as there are colors before it, so that no two channels are the same.
    """
    height, width, channels = shape
    image = tf.io.decode_jpeg(photograph_file(), channels=1 if channels == 1 else _COLORS)
    image = tf.image.resize(tf.image.convert_image_dtype(image, tf.float32), [height, width])
    pixels: np.ndarray = image.numpy()
    if channels in (1, _COLORS):
        return pixels[np.newaxis]
    moved = [np.roll(pixels[..., i % _COLORS], i // _COLORS, axis=1) for i in range(channels)]
    return np.stack(moved, axis=-1)[np.newaxis]


def noise(shape: Shape) -> np.ndarray:
    """Uniform noise, f32[1, *shape] in [0, 1]."""
    return np.random.RandomState(_SEED).uniform(0, 1, (1, *shape)).astype(np.float32)


def gradient(shape: Shape) -> np.ndarray:
    """A ramp in each channel, f32[1, *shape] in [0, 1]: four directions, then flatter ones."""
    height, width, channels = shape
    across, down = np.meshgrid(
        np.linspace(0, 1, width, dtype=np.float32), np.linspace(0, 1, height, dtype=np.float32)
    )
    ramps = (across, down, 1 - across, 1 - down)
    steepness = [np.float32(1 / (1 + i // len(ramps))) for i in range(channels)]
    found = [ramps[i % len(ramps)] * factor for i, factor in enumerate(steepness)]
    return np.stack(found, axis=-1)[np.newaxis]


def constant(shape: Shape, value: float) -> np.ndarray:
    """One value everywhere, f32[1, *shape]."""
    return np.full((1, *shape), value, np.float32)


def striking(shape: Shape) -> np.ndarray:
    """All zero, all one, and the photograph, f32[3, *shape] in [0, 1]."""
    return np.concatenate([constant(shape, 0), constant(shape, 1), photograph(shape)])


def batches(shape: Shape) -> dict[str, np.ndarray]:
    """Batches of one and four images, by their content.

    Args:
      shape: of an image.

    Returns:
      f32[batch, *shape] in [0, 1].
    """
    return {
        "photograph": photograph(shape),
        "noise, gradient, zeros, ones": np.concatenate(
            [noise(shape), gradient(shape), constant(shape, 0), constant(shape, 1)]
        ),
    }


def mixed(shape: Shape) -> np.ndarray:
    """Noise and the photograph, f32[2, *shape] in [0, 1], for training."""
    return np.concatenate([noise(shape), photograph(shape)])
