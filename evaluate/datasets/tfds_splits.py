"""Data sets of TensorFlow Datasets, where that package is installed: `tfds:NAME/SPLIT`.

Its prepared files are TFRecords, which are read as such; nothing is downloaded or prepared here.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path

from slimhub.common import extras
from slimhub.common.errors import RequestError, option
from slimhub.evaluate.datasets import record_files
from slimhub.evaluate.datasets.dataset import Dataset

SCHEME = "tfds:"
KIND = "TensorFlow Datasets"
_KEYS = ("image", "label")  # of a record, as classification data sets have them


def read(data: str, split: str) -> Dataset:
    """The data set that a name of TensorFlow Datasets refers to.

    Args:
      data: `tfds:NAME/SPLIT`, or `tfds:NAME` with a split.
      split: part of the data, or empty.

    Raises:
      RequestError: if the package, the data set or its prepared files are not there, or the files
        are not TFRecords of pictures with one label.
    """
    name, _, inner = data.removeprefix(SCHEME).partition("/")
    wanted = split or inner
    if not name or not wanted or (split and inner and split != inner):
        raise RequestError(f"{data}: write tfds:NAME/SPLIT, or name one {option('split')}")
    extras.need("tensorflow_datasets", extra="evaluate")
    import tensorflow_datasets as tfds

    try:
        builder = tfds.builder(name)
        info = builder.info.splits[wanted]
        paths = sorted(map(Path, info.filepaths))
    except Exception as error:  # whatever the package raises for a name, version or split
        first = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise RequestError(
            f"{data} cannot be read: {first:.200}; prepare it with `tfds build {name}`"
        ) from error
    features = builder.info.features
    if not set(_KEYS) <= set(features) or builder.info.file_format.value != "tfrecord":
        raise RequestError(
            f"{data} does not consist of TFRecords with the features {' and '.join(_KEYS)}: write "
            "its pictures to one folder per class"
        )
    found = record_files.read(paths, name, wanted, _KEYS)
    names = tuple(getattr(features[_KEYS[1]], "names", None) or ())
    return dataclasses.replace(found, kind=KIND, class_names=names)
