"""The pictures that a file is compared on: the proof's, and those of a user. Imports TensorFlow."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import tensorflow as tf

from slimhub.common import foreign_files, paths
from slimhub.common.errors import RequestError, option
from slimhub.export.savedmodel import signatures
from slimhub.export.verify.reference import pictures

_MOST = 256  # pictures of a user that are read
_SUFFIXES = (".jpg", ".jpeg", ".png")
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
    """

    images: np.ndarray
    patterns: int
    own: int

    @property
    def usual(self) -> np.ndarray:
        """Those without the patterns."""
        return self.images[: len(self.images) - self.patterns]


def read(size: int, calibration: str | None) -> FormatPictures:
    """The pictures of a conversion.

    Args:
      size: height and width, pixels.
      calibration: folder of images, or file or folder of TFRecords, or None.

    Raises:
      RequestError: if there are no pictures in it, or one cannot be read.
    """
    own = np.zeros((0, size, size, 3), np.float32)
    if calibration is not None:
        own = _read_own(paths.expanded(calibration), size)
    shape = (size, size, 3)
    patterns = [pictures.gradient(shape), pictures.constant(shape, 0), pictures.constant(shape, 1)]
    images = np.concatenate([crops(size), pictures.noise(shape), own, *patterns])
    return FormatPictures(images, len(patterns), len(own))


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


def _read_own(path: Path, size: int) -> np.ndarray:
    if not path.exists():
        raise RequestError(f"{option('calibration')}: {path} does not exist")
    found = []
    for name, encoded in _encoded(path):
        try:
            found.append(signatures.decode(tf.constant([encoded]), size).numpy())
        except tf.errors.InvalidArgumentError as error:
            raise RequestError(
                f"{option('calibration')}: {name} is not a JPEG or PNG file"
            ) from error
    if not found:
        raise RequestError(
            f"{option('calibration')}: {path} holds neither JPEG or PNG files nor TFRecords with "
            "image/encoded"
        )
    return np.concatenate(found)


def _encoded(path: Path) -> Iterator[tuple[str, bytes]]:
    """Names and content of image files, evenly spaced among all that there are."""
    found = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
    images = [p for p in found if p.suffix.lower() in _SUFFIXES]
    if not images:
        yield from _recorded(found)
        return
    chosen = np.linspace(0, len(images) - 1, min(len(images), _MOST)).round().astype(int)
    for number in chosen:
        image = images[number]
        try:
            yield image.name, foreign_files.read(image)
        except OSError as error:
            raise RequestError(
                f"{option('calibration')}: cannot read {image}: {error.strerror}"
            ) from error


def _recorded(files: list[Path]) -> Iterator[tuple[str, bytes]]:
    """Names and content of the images in TFRecords, as TF-Slim's data set tools write them."""
    wanted = {"image/encoded": tf.io.FixedLenFeature([], tf.string)}
    records = tf.data.TFRecordDataset([str(path) for path in files]).take(_MOST)
    try:
        for number, example in enumerate(records):
            encoded = tf.io.parse_single_example(example, wanted)["image/encoded"]
            yield f"record {number}", encoded.numpy()
    except (tf.errors.DataLossError, tf.errors.InvalidArgumentError):
        return  # not TFRecords of images: the caller says what is missing
