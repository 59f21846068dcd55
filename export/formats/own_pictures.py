"""A user's pictures, evenly spaced among all that there are. Imports TensorFlow."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np
import tensorflow as tf

from slimhub.common import foreign_files
from slimhub.common.errors import RequestError, option
from slimhub.export.savedmodel import signatures

MOST = 256  # pictures that are used
_SUFFIXES = (".jpg", ".jpeg", ".png")
# As TF-Slim's tools name them, `train-00000-of-01024` or `flowers_train_00000-of-00005.tfrecord`.
_RECORDS = re.compile(r"\.tfrecords?$|-\d{5}-of-\d{5}$")
_FRAME = 16  # bytes of a record's length and two checksums
_WANTED = {"image/encoded": tf.io.FixedLenFeature([], tf.string)}

_Item = TypeVar("_Item")


def read(path: Path, size: int) -> tuple[np.ndarray, int | None]:
    """Reads up to `MOST` pictures.

    Args:
      path: a folder of JPEG and PNG files, at any depth; or a file or folder of TFRecords with
        `image/encoded`. Of several such files, each has its share, from its beginning.
      size: height and width to stretch them to, pixels.

    Returns:
      f32[count, size, size, 3] in [0, 1], and how many files of images there are; None for
      TFRecords, which are not counted.

    Raises:
      RequestError: if there are none, or names the file and record that cannot be read.
    """
    if not path.exists():
        raise RequestError(f"{option('calibration')}: {path} does not exist")
    files = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
    images = [file for file in files if file.suffix.lower() in _SUFFIXES]
    encoded = _files(images) if images else iter(_spaced(list(_records(files)), MOST))
    found = [_decoded(name, content, size) for name, content in encoded]
    if not found:
        raise RequestError(
            f"{option('calibration')}: {path} holds neither JPEG or PNG files nor TFRecords with "
            "image/encoded"
        )
    return np.concatenate(found), len(images) or None


def _spaced(items: Sequence[_Item], most: int) -> list[_Item]:
    """Evenly spaced items, the first and the last among them."""
    chosen = np.linspace(0, len(items) - 1, min(len(items), most)).round().astype(int)
    return [items[number] for number in chosen]


def _decoded(name: str, encoded: bytes, size: int) -> np.ndarray:
    try:
        image: np.ndarray = signatures.decode(tf.constant([encoded]), size).numpy()
    except tf.errors.InvalidArgumentError as error:
        raise RequestError(f"{option('calibration')}: {name} is not a JPEG or PNG file") from error
    return image


def _files(images: Sequence[Path]) -> Iterator[tuple[str, bytes]]:
    for image in _spaced(images, MOST):
        try:
            yield image.name, foreign_files.read(image)
        except OSError as error:
            raise RequestError(
                f"{option('calibration')}: cannot read {image}: {error.strerror}"
            ) from error


def _records(files: Sequence[Path]) -> Iterator[tuple[str, bytes]]:
    """Names and content of images in TFRecords; other files are left out, unless named so."""
    named = [file for file in files if _RECORDS.search(file.name)]
    chosen = _spaced(named or files, MOST)
    share = -(-MOST // max(len(chosen), 1))
    for file in chosen:
        yield from _of_file(file, share, must_be=bool(named))


def _of_file(file: Path, most: int, *, must_be: bool) -> Iterator[tuple[str, bytes]]:
    """The first records of a file; none of a file that is not TFRecords, unless it must be."""
    number = position = 0
    records = iter(tf.data.TFRecordDataset([str(file)]).take(most))
    try:
        while (record := next(records, None)) is not None:
            encoded = tf.io.parse_single_example(record, _WANTED)["image/encoded"]
            yield f"record {number} of {file.name}", encoded.numpy()
            number, position = number + 1, position + _FRAME + len(record.numpy())
    except (tf.errors.DataLossError, tf.errors.InvalidArgumentError) as error:
        if number or must_be:
            raise RequestError(_damaged(file, number, error)) from error
    else:  # TensorFlow takes a record without a whole header for the end
        if number < most and position != file.stat().st_size and (number or must_be):
            raise RequestError(_damaged(file, number))


def _damaged(file: Path, number: int, error: Exception | None = None) -> str:
    is_other = isinstance(error, tf.errors.InvalidArgumentError)
    reason = "has no image/encoded" if is_other else "is damaged"
    return f"{option('calibration')}: record {number} of {file} {reason}"
