"""Scaling of images, by formulas of NumPy."""

import numpy as np
import pytest

from slimhub.nets import scaling
from tests.fixtures import support

MEAN = np.float64([123.68, 116.78, 103.94])  # red, green, blue


def standardized(images):
    x = images * 255
    axes = (1, 2, 3)
    least = 1 / np.sqrt(np.prod(x.shape[1:]))
    deviation = np.maximum(x.std(axes, keepdims=True), least)
    return (x - x.mean(axes, keepdims=True)) / deviation


FORMULAS = {
    "symmetric": lambda images: images * 2 - 1,
    "mean_rgb": lambda images: images * 255 - MEAN,
    "mean_bgr": lambda images: images[..., [2, 1, 0]] * 255 - MEAN[[2, 1, 0]],
    "unit": lambda images: images,
    "raw255": lambda images: images * 255,
    "centered_127": lambda images: (images * 255 - 127.5) / 128,
    "centered_128": lambda images: (images * 255 - 128) / 128,
    "per_image": standardized,
}


def test_every_scaling_has_a_formula_here():
    assert list(FORMULAS) == list(scaling.BY_NAME)
    assert set(scaling.BY_NAME.values()) == set(scaling.InputScaling)


@pytest.mark.parametrize("name", FORMULAS)
def test_a_scaling_follows_its_formula(name):
    images = support.images(2, 16)
    images[1] = 0.25  # of one color
    found = np.asarray(scaling.BY_NAME[name].apply(images))
    wanted = FORMULAS[name](images.astype(np.float64))
    # A few roundings of numbers of this size; standardizing adds sums over the image.
    np.testing.assert_allclose(found, wanted, rtol=0, atol=2e-6 * np.abs(wanted).max())
