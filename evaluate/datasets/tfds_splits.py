"""Data sets of TensorFlow Datasets, where that package is installed: `tfds:NAME/SPLIT`.

Its prepared files are TFRecords, which are read as such; nothing is downloaded or prepared here.
"""

from __future__ import annotations

import dataclasses
import importlib.util
import re
import sys
from pathlib import Path

from slimhub.common import extras
from slimhub.common.errors import RequestError, option
from slimhub.common.text import either
from slimhub.evaluate.datasets import record_files
from slimhub.evaluate.datasets.dataset import Dataset

SCHEME = "tfds:"
KIND = "TensorFlow Datasets"
# Whatever has a namespace would be downloaded, and may bring code that runs.
_NAME = re.compile(r"\w+(/[\w.-]+)?(:\d[\d.*]*)?", re.ASCII)
_WHERE = "TensorFlow Datasets looks in the folder that TFDS_DATA_DIR names"
# On older ones no tensorflow-metadata takes the protobuf of TensorFlow 2.20 and later.
_OLDEST_PYTHON = (3, 11)
_KEYS = ("image", "label")  # of a record, as classification data sets have them


def read(data: str, split: str) -> Dataset:
    """The data set that a name of TensorFlow Datasets refers to.

    Args:
      data: `tfds:NAME/SPLIT`, or `tfds:NAME` with a split; NAME may be `NAME/CONFIGURATION`, and
        end in `:VERSION`.
      split: part of the data, or empty.

    Raises:
      RequestError: if the package, the data set or its prepared files are not there, or the files
        are not TFRecords of pictures with one label.
    """
    name, wanted = _parts(data, split)
    is_missing = importlib.util.find_spec("tensorflow_datasets") is None
    if is_missing and sys.version_info < _OLDEST_PYTHON:
        raise RequestError(
            f"{data} needs TensorFlow Datasets, and that Python 3.11 beside TensorFlow 2.20: "
            "use that, or write the pictures to one folder per class"
        )
    extras.need("tensorflow_datasets", extra="evaluate")
    import tensorflow_datasets as tfds

    try:
        builder = tfds.builder(name)
        splits = builder.info.splits
    except Exception as error:  # whatever the package raises for a name or version
        first = (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".")
        raise RequestError(
            f"{data} cannot be read: {first:.200}. {_WHERE}; data sets of your own have to be "
            "prepared there"
        ) from error
    if not splits:
        raise RequestError(f"{data} is not prepared: run `tfds build {name}`. {_WHERE}")
    if wanted not in {*splits}:  # of `test[:10]` the package would name all files
        raise RequestError(f"{data}: the split must be {either([*splits])}, not {wanted!r}")
    features = builder.info.features
    if not set(_KEYS) <= {*features} or builder.info.file_format.value != "tfrecord":
        raise RequestError(
            f"{data} does not consist of TFRecords with the features {' and '.join(_KEYS)}: write "
            "its pictures to one folder per class"
        )
    paths = sorted(map(Path, splits[wanted].filepaths))
    found = record_files.read(paths, name, wanted, _KEYS)
    if found.count != splits[wanted].num_examples:
        raise RequestError(
            f"{data} should have {splits[wanted].num_examples:,} pictures, but its files have "
            f"{found.count:,}: prepare it again with `tfds build {name} --overwrite`"
        )
    names = tuple(getattr(features[_KEYS[1]], "names", None) or ())
    return dataclasses.replace(found, kind=KIND, class_names=names)


def _parts(data: str, split: str) -> tuple[str, str]:
    """Name and split; the name may have a configuration: `tfds:NAME/CONFIGURATION/SPLIT`."""
    text = data.removeprefix(SCHEME)
    if split:
        name, wanted = text.removesuffix(f"/{split}"), split
    else:
        name, _, wanted = text.rpartition("/")
    if not name or not wanted:
        raise RequestError(f"{data}: write tfds:NAME/SPLIT, or name one {option('split')}")
    if not _NAME.fullmatch(name):
        raise RequestError(
            f"{data}: {name!r} is not NAME, NAME/CONFIGURATION or NAME:VERSION; data sets of other "
            "places, such as huggingface:NAME, are not read"
        )
    return name, wanted
