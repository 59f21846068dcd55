"""Pictures of a shard in batches, decoded while the network computes. Imports TensorFlow."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from slimhub.common import foreign_files
from slimhub.evaluate import image_preparation
from slimhub.evaluate.datasets import record_frames
from slimhub.evaluate.datasets.dataset import FileShard, RecordShard, Shard

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

    def prepared(index: tf.Tensor, encoded: tf.Tensor, label: tf.Tensor) -> tuple[Any, ...]:
        return index, image_preparation.prepare(encoded, size, preprocessing), label

    source = _files(shard) if isinstance(shard, FileShard) else _records(shard)
    decoded = source.map(prepared, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True)
    batches = decoded.ignore_errors().batch(batch_size).prefetch(_AHEAD)
    for indices, images, labels in batches:
        yield PictureBatch(indices.numpy(), images, labels.numpy())


def _files(shard: FileShard) -> Any:
    count = range(shard.count)
    listed = tf.data.Dataset.from_tensor_slices(
        (list(count), list(shard.paths), list(shard.labels))
    )
    return listed.map(
        lambda index, path, label: (
            tf.cast(index, tf.int64),
            tf.io.read_file(path),
            tf.cast(label, tf.int64),
        ),
        num_parallel_calls=tf.data.AUTOTUNE,
        deterministic=True,
    )


def _records(shard: RecordShard) -> Any:
    records = tf.data.TFRecordDataset([shard.path]).skip(shard.start).take(shard.count)
    return records.enumerate().map(
        lambda index, record: (index, *_parse(record, shard.keys)),
        num_parallel_calls=tf.data.AUTOTUNE,
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


def reason(shard: Shard, index: int) -> str:
    """Why a picture was left out.

    Args:
      shard: that it is in.
      index: its place in the shard.
    """
    try:
        image_preparation.prepare(tf.constant(encoded(shard, index)), 8, "resize")
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
