"""Handwritten digits as images for the sample network: `samples/digits.npz`."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np

NAMES = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_FILE = Path(__file__).parent.parent / "samples" / "digits.npz"  # u8[1797, 8, 8] and u8[1797]
_HELD_OUT = 5  # every fifth digit is for testing


@dataclasses.dataclass(frozen=True)
class Digits:
    """Images f32[n, size, size, 3] in [0, 1], and which digit each shows, i64[n]."""

    train_images: np.ndarray
    train_labels: np.ndarray
    test_images: np.ndarray
    test_labels: np.ndarray


def load(size: int) -> Digits:
    """Loads the digits; every fifth is held out from training.

    Args:
      size: height and width of the images in pixels, a multiple of 8.

    Returns:
      1797 gray images, enlarged from 8x8 pixels by repeating each.
    """
    with np.load(_FILE) as file:
        grey, labels = file["images"], file["labels"].astype(np.int64)
    grey = (grey / 16.0).astype(np.float32)  # 17 levels of gray
    images = np.repeat(np.kron(grey, np.ones((size // 8, size // 8), np.float32))[..., None], 3, -1)
    held_out = np.arange(len(images)) % _HELD_OUT == 0
    return Digits(images[~held_out], labels[~held_out], images[held_out], labels[held_out])
