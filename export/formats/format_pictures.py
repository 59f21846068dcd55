"""The pictures that a file is compared on: the proof's, and those of a user. Imports TensorFlow."""

from __future__ import annotations

import dataclasses

import numpy as np
import tensorflow as tf

from slimhub.common import paths
from slimhub.export.formats import own_pictures
from slimhub.export.formats.own_pictures import OwnPictures
from slimhub.export.formats.picture_labels import PictureLabels
from slimhub.export.verify.reference import pictures

_SHARES = (1.0, 0.75, 0.5)  # of the photograph's height and width, in crops


@dataclasses.dataclass(frozen=True)
class FormatPictures:
    """Pictures by what is expected of a file on them.

    Attributes:
      images: f32[count, size, size, 3] in [0, 1]: first crops of a photograph and noise, then the
        user's, then patterns.
      patterns: how many at the end are ramps or constant. Eight bits cannot keep their direction:
        a constant image has almost no features.
      own: how many are the user's.
      found: how many the user has; None if they were not counted.
      labels: of the user's.
    """

    images: np.ndarray
    patterns: int
    own: int
    found: int | None = None
    labels: PictureLabels = dataclasses.field(default_factory=PictureLabels)

    @property
    def usual(self) -> np.ndarray:
        """Those without the patterns."""
        return self.images[: len(self.images) - self.patterns]

    @property
    def place_of_own(self) -> slice:
        """Where the user's are."""
        end = len(self.images) - self.patterns
        return slice(end - self.own, end)


def read(size: int, calibration: str | None) -> FormatPictures:
    """The pictures of a conversion.

    Args:
      size: height and width, pixels.
      calibration: folder of images, or file or folder of TFRecords, or None.

    Raises:
      RequestError: if there are no pictures in it, or one cannot be read.
    """
    own = OwnPictures(np.zeros((0, size, size, 3), np.float32), None, PictureLabels())
    if calibration is not None:
        own = own_pictures.read(paths.expanded(calibration), size)
    shape = (size, size, 3)
    patterns = [pictures.gradient(shape), pictures.constant(shape, 0), pictures.constant(shape, 1)]
    images = np.concatenate([crops(size), pictures.noise(shape), own.images, *patterns])
    return FormatPictures(images, len(patterns), len(own.images), own.found, own.labels)


def crops(size: int) -> np.ndarray:
    """Eleven crops of the proof's photograph, some mirrored, f32[11, size, size, 3] in [0, 1]."""
    whole = pictures.photograph((256, 256, 3))[0]
    found = []
    for share in _SHARES:
        width = int(share * len(whole))
        last = len(whole) - width
        corners = sorted({(y, x) for y in (0, last) for x in (0, last)})
        for number, (y, x) in enumerate([*corners, (last // 2, last // 2)]):
            crop = whole[y : y + width, x : x + width]
            found.append(crop[:, ::-1] if number % 2 else crop)
    resized = [tf.image.resize(crop, [size, size]).numpy() for crop in found[1:]]
    return np.stack(resized).astype(np.float32)
