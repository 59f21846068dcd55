"""Pictures of a shard in batches, decoded while the network computes. Imports TensorFlow."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from slimhub.common import foreign_files
from slimhub.evaluate import image_preparation
from slimhub.evaluate.datasets import record_frames
from slimhub.evaluate.datasets.dataset import FileShard, Shard

# Not AUTOTUNE, which begins with one and needs seconds to learn what each shard could use.
_CALLS = os.cpu_count() or 1
_AHEAD = 2  # batches that are decoded while one is computed
_SHOWN = 120  # characters of a reason


class PictureBatch(NamedTuple):
    """Pictures in the order of their shard, without those that are damaged.

    Attributes:
      indices: i64[batch], places in the shard.
      images: f32[batch, size, size, 3] in [0, 1], a tensor.
      labels: i64[batch], of the data.
    """

    indices: np.ndarray
    images: tf.Tensor
    labels: np.ndarray


def read(shard: Shard, size: int, preprocessing: str, batch_size: int) -> Iterator[PictureBatch]:
    """The pictures of a shard.

    Args:
      shard: of a data set.
      size: height and width, pixels.
      preprocessing: see `image_preparation.prepare`.
      batch_size: the most pictures in a batch.

    Yields:
      Batches. Pictures that cannot be decoded are left out: their places are missing.
    """
    if isinstance(shard, FileShard):
        pipeline = _pipeline(size, preprocessing, batch_size, None)
        batches = pipeline(list(shard.paths), np.array(shard.labels, np.int64))
    else:
        pipeline = _pipeline(size, preprocessing, batch_size, shard.keys)
        batches = pipeline(shard.path, np.array([shard.start, shard.count], np.int64))
    for indices, images, labels in batches:
        yield PictureBatch(indices.numpy(), images, labels.numpy())


@functools.cache
def _pipeline(
    size: int, preprocessing: str, batch_size: int, keys: tuple[str, str] | None
) -> Callable[..., Any]:
    """The data set of a shard as a function of what differs between shards.

    Tracing its functions takes a third of a second, in which hundreds of pictures could be decoded:
    so they are traced for the first shard alone, as parts of a function that builds data sets.
    """
    source = _file_source if keys is None else functools.partial(_record_source, keys=keys)
    specs: list[Any] = []

    @tf.function(autograph=False, reduce_retracing=True)
    def build(place: tf.Tensor, numbers: tf.Tensor) -> tf.Tensor:
        decoded = source(place, numbers).map(
            lambda index, file, label: (
                index,
                image_preparation.prepare(file, size, preprocessing),
                label,
            ),
            num_parallel_calls=_CALLS,
            deterministic=True,
        )
        batches = decoded.ignore_errors().batch(batch_size).prefetch(_AHEAD)
        specs[:] = [batches.element_spec]
        return tf.data.experimental.to_variant(batches)

    def batches(place: Any, numbers: np.ndarray) -> Any:
        variant = build(tf.constant(place), tf.constant(numbers))
        return tf.data.experimental.from_variant(variant, specs[0])

    return batches


def _file_source(paths: tf.Tensor, labels: tf.Tensor) -> Any:
    """Place, content and label of files."""
    listed = tf.data.Dataset.from_tensor_slices((paths, labels)).enumerate()
    return listed.map(
        lambda index, one: (index, tf.io.read_file(one[0]), one[1]),
        num_parallel_calls=_CALLS,
        deterministic=True,
    )


def _record_source(path: tf.Tensor, part: tf.Tensor, *, keys: tuple[str, str]) -> Any:
    """Place, picture and label of the records of a file: from the first number on, so many."""
    records = tf.data.TFRecordDataset(path).skip(part[0]).take(part[1]).enumerate()
    return records.map(
        lambda index, record: (index, *_parse(record, keys)),
        num_parallel_calls=_CALLS,
        deterministic=True,
    )


def _parse(record: tf.Tensor, keys: tuple[str, str]) -> tuple[tf.Tensor, tf.Tensor]:
    """The encoded picture and the label in a record."""
    encoded, label = keys
    found = tf.io.parse_single_example(
        record,
        {
            encoded: tf.io.FixedLenFeature([], tf.string),
            label: tf.io.FixedLenFeature([], tf.int64),
        },
    )
    return found[encoded], found[label]


def reason(shard: Shard, index: int, size: int, preprocessing: str) -> str:
    """Why a picture was left out.

    Args:
      shard: that it is in.
      index: its place in the shard.
      size: height and width, pixels.
      preprocessing: see `image_preparation.prepare`.
    """
    try:
        image_preparation.prepare(tf.constant(encoded(shard, index)), size, preprocessing)
    except tf.errors.OpError as error:
        return _first_words(error.message)
    except UnicodeDecodeError:  # of a message that quotes the file
        return "it is damaged"
    except OSError as error:
        return error.strerror or "it cannot be read"
    return "its record, or the one before it, is damaged"


def encoded(shard: Shard, index: int) -> bytes:
    """The file of one picture.

    Args:
      shard: that it is in.
      index: its place in the shard.

    Raises:
      OSError: if it cannot be read.
      tf.errors.OpError: if it is not in its record.
    """
    if isinstance(shard, FileShard):
        return foreign_files.read(shard.paths[index])
    record = record_frames.read_record(shard.path, shard.offset, index)
    content: bytes = _parse(tf.constant(record), shard.keys)[0].numpy()
    return content


def _first_words(message: str) -> str:
    """What an operation says, without its own name and node."""
    text = message.partition("}} ")[2] or message
    asserted = text.partition("Summarized data: b'")[2].rstrip("'")
    return (asserted or text).partition(" [Op:")[0].splitlines()[0][:_SHOWN]
