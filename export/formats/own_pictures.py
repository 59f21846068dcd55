"""A user's pictures, evenly spaced among all that there are. Imports TensorFlow."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple, TypeVar

import numpy as np
import tensorflow as tf

from slimhub.common import foreign_files
from slimhub.common.errors import RequestError, option
from slimhub.export.formats import picture_labels
from slimhub.export.formats.picture_labels import PictureLabels
from slimhub.export.savedmodel import signatures

MOST = 256  # pictures that are used
_SUFFIXES = (".jpg", ".jpeg", ".png")
# As TF-Slim's tools name them, `train-00000-of-01024` or `flowers_train_00000-of-00005.tfrecord`.
_RECORDS = re.compile(r"\.tfrecords?$|-\d{5}-of-\d{5}$")
_FRAME = 16  # bytes of a record's length and two checksums
_WANTED = {"image/encoded": tf.io.FixedLenFeature([], tf.string)}
_LABEL = {"image/class/label": tf.io.FixedLenFeature([], tf.int64)}

_Item = TypeVar("_Item")


@dataclasses.dataclass(frozen=True)
class OwnPictures:
    """What was read.

    Attributes:
      images: f32[count, size, size, 3] in [0, 1].
      found: how many files of images there are; None for TFRecords, which are not counted.
      labels: of the images.
    """

    images: np.ndarray
    found: int | None
    labels: PictureLabels


def read(path: Path, size: int) -> OwnPictures:
    """Reads up to `MOST` pictures.

    Args:
      path: a folder of JPEG and PNG files, at any depth; or a file or folder of TFRecords with
        `image/encoded`. Of several such files, each has its share, from its beginning. Hidden files
        of a folder, such as the `._cat.jpg` of macOS, are left out.
      size: height and width to stretch them to, pixels.

    Raises:
      RequestError: if there are none, or names the file and record that cannot be read.
    """
    if not path.exists():
        raise RequestError(f"{option('calibration')}: {path} does not exist")
    files = sorted(_visible(path)) if path.is_dir() else [path]
    images = [file for file in files if file.suffix.lower() in _SUFFIXES]
    if images:
        chosen = _spaced(images, MOST)
        labels = picture_labels.of_files(path, images, chosen)
        return OwnPictures(_decoded(_files(chosen), size), len(images), labels)
    records = _spaced(list(_records(files)), MOST)
    if not records:
        raise RequestError(
            f"{option('calibration')}: {path} holds neither JPEG or PNG files nor TFRecords with "
            "image/encoded"
        )
    labels = picture_labels.of_records([(record.file, record.label) for record in records])
    found = ((record.name, record.encoded) for record in records)
    return OwnPictures(_decoded(found, size), None, labels)


def _visible(folder: Path) -> Iterator[Path]:
    for file in folder.rglob("*"):
        if not file.name.startswith(".") and file.is_file():
            yield file


def _spaced(items: Sequence[_Item], most: int) -> list[_Item]:
    """Evenly spaced items, the first and the last among them."""
    chosen = np.linspace(0, len(items) - 1, min(len(items), most)).round().astype(int)
    return [items[number] for number in chosen]


def _decoded(found: Iterable[tuple[str, bytes]], size: int) -> np.ndarray:
    images = []
    for name, encoded in found:
        try:
            images.append(signatures.decode(tf.constant([encoded]), size).numpy())
        except tf.errors.InvalidArgumentError as error:
            raise RequestError(
                f"{option('calibration')}: {name} is not a JPEG or PNG file"
            ) from error
    return np.concatenate(images)


def _files(images: Sequence[Path]) -> Iterator[tuple[str, bytes]]:
    for image in images:
        try:
            yield image.name, foreign_files.read(image)
        except OSError as error:
            raise RequestError(
                f"{option('calibration')}: cannot read {image}: {error.strerror}"
            ) from error


class _Record(NamedTuple):
    file: Path
    name: str
    encoded: bytes
    label: int


def _records(files: Sequence[Path]) -> Iterator[_Record]:
    """Images in TFRecords; other files are left out, unless named so."""
    named = [file for file in files if _RECORDS.search(file.name)]
    chosen = _spaced(named or files, MOST)
    share = -(-MOST // max(len(chosen), 1))
    for file in chosen:
        yield from _of_file(file, share, must_be=bool(named))


def _of_file(file: Path, most: int, *, must_be: bool) -> Iterator[_Record]:
    """The first records of a file; none of a file that is not TFRecords, unless it must be."""
    number = position = 0
    records = iter(tf.data.TFRecordDataset([str(file)]).take(most))
    try:
        while (record := next(records, None)) is not None:
            encoded = tf.io.parse_single_example(record, _WANTED)["image/encoded"].numpy()
            yield _Record(file, f"record {number} of {file.name}", encoded, _label(record))
            number, position = number + 1, position + _FRAME + len(record.numpy())
    except (tf.errors.DataLossError, tf.errors.InvalidArgumentError) as error:
        if number or must_be:
            raise RequestError(_damaged(file, number, error)) from error
    else:  # TensorFlow takes a record without a whole header for the end
        if number < most and position != file.stat().st_size and (number or must_be):
            raise RequestError(_damaged(file, number))


def _label(record: tf.Tensor) -> int:
    try:
        return int(tf.io.parse_single_example(record, _LABEL)["image/class/label"].numpy())
    except tf.errors.InvalidArgumentError:  # there is none, or not one integer
        return picture_labels.NONE


def _damaged(file: Path, number: int, error: Exception | None = None) -> str:
    is_other = isinstance(error, tf.errors.InvalidArgumentError)
    reason = "has no image/encoded" if is_other else "is damaged"
    return f"{option('calibration')}: record {number} of {file} {reason}"
