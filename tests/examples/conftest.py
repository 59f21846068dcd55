"""Pictures that the examples are run on."""

import numpy as np
import pytest

from scripts import digits

_PER_CLASS = 20


@pytest.fixture(scope="session")
def pictures(tmp_path_factory):
    """A folder with a folder of PNG files for each digit, of those held out from training."""
    import tensorflow as tf

    folder = tmp_path_factory.mktemp("pictures")
    data = digits.load(32)
    for digit, name in enumerate(digits.NAMES):
        (folder / name).mkdir()
        images = data.test_images[data.test_labels == digit][:_PER_CLASS]
        for number, image in enumerate((images * 255).round().astype(np.uint8)):
            png = tf.io.encode_png(image).numpy()
            (folder / name / f"{number}.png").write_bytes(png)
    return folder
