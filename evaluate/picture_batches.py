"""Pictures of shards in batches, decoded while the network computes. Imports TensorFlow."""

from __future__ import annotations

import itertools
import operator
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from slimhub.common import foreign_files
from slimhub.evaluate import image_preparation, picture_pipeline
from slimhub.evaluate.datasets import record_frames
from slimhub.evaluate.datasets.dataset import FileShard, Shard

_SHOWN = 120  # characters of a reason


class PictureBatch(NamedTuple):
    """Pictures in the order of their shard, without those that are damaged.

    Attributes:
      place: of the shard among those that are read.
      indices: i64[batch], places in the shard.
      images: f32[batch, size, size, 3] in [0, 1], a tensor.
      labels: i64[batch], of the data.
    """

    place: int
    indices: np.ndarray
    images: tf.Tensor
    labels: np.ndarray


def read(
    shards: Mapping[int, Shard], size: int, preprocessing: str, batch_size: int
) -> Iterator[tuple[int, Iterator[PictureBatch]]]:
    """The pictures of shards, one shard after the other.

    Args:
      shards: of one data set, by number.
      size: height and width, pixels.
      preprocessing: see `image_preparation.prepare`.
      batch_size: the most pictures in a batch.

    Yields:
      Each number with its batches, which are gone once the next number is asked for. Batches do not
      cross the ends of shards. Pictures that cannot be decoded are left out: their places are
      missing.
    """
    if not shards:
        return
    batches = _batches([*shards.values()], size, preprocessing, batch_size)
    groups = itertools.groupby(batches, operator.attrgetter("place"))
    nothing: tuple[int, Iterator[PictureBatch]] = (-1, iter(()))
    place, found = next(groups, nothing)
    for expected, number in enumerate(shards):
        if place == expected:
            yield number, found
            place, found = next(groups, nothing)
        else:  # no picture of this shard can be decoded
            yield number, iter(())


def _batches(
    shards: Sequence[Shard], size: int, preprocessing: str, batch_size: int
) -> Iterator[PictureBatch]:
    pipeline = picture_pipeline.build(shards, size, preprocessing, batch_size)
    for places, indices, images, labels in pipeline:
        yield PictureBatch(int(places.numpy()[0]), indices.numpy(), images, labels.numpy())


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
    if isinstance(shard, FileShard):
        return "it could not be read, but can be read now: run the command again"
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
    content: bytes = picture_pipeline.parse(tf.constant(record), shard.keys)[0].numpy()
    return content


def _first_words(message: str) -> str:
    """What an operation says, without its own name and node."""
    text = (message.partition("}} ")[2] or message).partition(" [Op:")[0].splitlines()[0]
    asserted = text.partition("assertion failed: [")[2].removesuffix("]")
    return (asserted or text)[:_SHOWN]
