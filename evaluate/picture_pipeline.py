"""Shards of pictures as one `tf.data` pipeline. Imports TensorFlow."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from slimhub.evaluate import image_preparation
from slimhub.evaluate.datasets.dataset import FileShard, Shard

# Not AUTOTUNE, which begins with one and needs seconds to learn what it could use.
_CALLS = os.cpu_count() or 1
_AHEAD = 2  # batches that are decoded while one is computed
_BUFFER = 1 << 18  # bytes that are read of a file of records at once
_TABLES = [tf.TensorSpec([None], kind) for kind in (tf.string, tf.int64, tf.int64)]


def build(shards: Sequence[Shard], size: int, preprocessing: str, batch_size: int) -> Any:
    """The pipeline of shards, one after the other.

    Args:
      shards: all of files or all of records, and those with the same keys.
      size: height and width, pixels.
      preprocessing: see `image_preparation.prepare`.
      batch_size: the most pictures in a batch.

    Returns:
      A data set of batches: places of the shards i64[batch], which are equal within a batch; places
      in the shard i64[batch]; images f32[batch, size, size, 3] in [0, 1]; labels of the data
      i64[batch]. Pictures that cannot be decoded are left out.
    """
    first = shards[0]
    keys = None if isinstance(first, FileShard) else first.keys
    function, specs = _traced(size, preprocessing, batch_size, keys)
    variant = function(*_tables(shards))
    return tf.data.experimental.from_variant(variant, specs[0])


def _tables(shards: Sequence[Shard]) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """What differs between data sets: paths, numbers, and how many pictures each shard has.

    Files have a path each, and their labels as numbers; shards of records have a path and the byte
    where they begin in it.
    """
    paths: list[str] = []
    numbers: list[int] = []
    for shard in shards:
        paths += shard.paths if isinstance(shard, FileShard) else [shard.path]
        numbers += shard.labels if isinstance(shard, FileShard) else [shard.offset]
    counts = np.array([shard.count for shard in shards], np.int64)
    # As bytes: names of files need not be UTF-8.
    return (
        tf.constant([os.fsencode(path) for path in paths]),
        tf.constant(np.array(numbers, np.int64)),
        tf.constant(counts),
    )


@functools.cache
def _traced(
    size: int, preprocessing: str, batch_size: int, keys: tuple[str, str] | None
) -> tuple[Callable[..., tf.Tensor], list[Any]]:
    """The pipeline as a function of `_tables`, and what its elements are once it was called.

    All shards are in one pipeline because a pipeline costs as much as a hundred small pictures; and
    it is a function because tracing costs three times that, which a worker that gets its shards one
    by one should do once.
    """
    source = _files if keys is None else _records
    load = _load_file if keys is None else functools.partial(parse, keys=keys)
    specs: list[Any] = []

    def read_shard(place: tf.Tensor, *tables: tf.Tensor) -> Any:
        def decode(index: tf.Tensor, one: Any) -> tuple[tf.Tensor, ...]:
            file, label = load(one)
            return place, index, image_preparation.prepare(file, size, preprocessing), label

        found = source(place, *tables).enumerate()
        decoded = found.map(decode, num_parallel_calls=_CALLS, deterministic=True)
        return decoded.ignore_errors().batch(batch_size)

    @tf.function(autograph=False, input_signature=_TABLES)
    def function(paths: tf.Tensor, numbers: tf.Tensor, counts: tf.Tensor) -> tf.Tensor:
        places = tf.data.Dataset.range(tf.size(counts, tf.int64))
        shards = places.flat_map(lambda place: read_shard(place, paths, numbers, counts))
        batches = shards.prefetch(_AHEAD)
        specs[:] = [batches.element_spec]
        return tf.data.experimental.to_variant(batches)

    return function, specs


def _files(place: tf.Tensor, paths: tf.Tensor, labels: tf.Tensor, counts: tf.Tensor) -> Any:
    start = tf.reduce_sum(counts[:place])
    end = start + counts[place]
    return tf.data.Dataset.from_tensor_slices((paths[start:end], labels[start:end]))


def _load_file(file: tuple[tf.Tensor, tf.Tensor]) -> tuple[tf.Tensor, tf.Tensor]:
    """The content of a file, and its label."""
    path, label = file
    return tf.io.read_file(path), label


def _records(place: tf.Tensor, paths: tf.Tensor, offsets: tf.Tensor, counts: tf.Tensor) -> Any:
    # `tf.data.TFRecordDataset` cannot begin in the middle of a file, and skipping records reads
    # them: a file of many shards would be read once for each. TensorFlow cannot serialize this
    # operation (2.15 to 2.21), which it tries at the top of a pipeline, but not in a `flat_map`.
    records = tf.raw_ops.TFRecordDatasetV2(
        filenames=paths[place][None],
        compression_type="",
        buffer_size=_BUFFER,
        byte_offsets=offsets[place][None],
    )
    found = tf.data.experimental.from_variant(records, tf.TensorSpec([], tf.string))
    return found.take(counts[place])


def parse(record: tf.Tensor, keys: tuple[str, str]) -> tuple[tf.Tensor, tf.Tensor]:
    """The encoded picture and the label in a record.

    Args:
      record: string[], a serialized `tf.train.Example`.
      keys: of its features, see `RecordShard`.

    Returns:
      string[] and i64[].

    Raises:
      tf.errors.InvalidArgumentError: if it does not have both.
    """
    encoded, label = keys
    found = tf.io.parse_single_example(
        record,
        {
            encoded: tf.io.FixedLenFeature([], tf.string),
            label: tf.io.FixedLenFeature([], tf.int64),
        },
    )
    return found[encoded], found[label]
