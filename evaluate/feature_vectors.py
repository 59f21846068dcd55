"""What an artifact answers to the pictures of shards. Imports TensorFlow."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping

import numpy as np

from slimhub.common.errors import EvaluationError
from slimhub.evaluate import picture_batches
from slimhub.evaluate.datasets.dataset import Shard
from slimhub.evaluate.models.image_model import ImageModel
from slimhub.evaluate.picture_batches import PictureBatch


@dataclasses.dataclass(frozen=True)
class ShardVectors:
    """Answers, in the order of the pictures.

    Attributes:
      indices: places of the pictures in the shard.
      ids: names of the pictures, see `Shard.name_of`.
      labels: i64[count], of the data.
      vectors: f32[count, width].
      damaged: pictures that could not be read, as (name, reason).
    """

    indices: tuple[int, ...]
    ids: tuple[str, ...]
    labels: np.ndarray
    vectors: np.ndarray
    damaged: tuple[tuple[str, str], ...]


def extract(
    model: ImageModel,
    shards: Mapping[int, Shard],
    preprocessing: str,
    batch_size: int,
    on_pictures: Callable[[int], None] = lambda count: None,
) -> Iterator[tuple[int, ShardVectors]]:
    """Runs an artifact on shards, one after the other.

    Args:
      model: of features or logits.
      shards: of the data, by number.
      preprocessing: see `image_preparation.prepare`.
      batch_size: pictures in a call.
      on_pictures: called after each batch with the number of its pictures.

    Yields:
      Number and answers of each shard.

    Raises:
      EvaluationError: if an answer is not a number.
    """
    size = model.image_size
    for number, batches in picture_batches.read(shards, size, preprocessing, batch_size):
        shard = shards[number]
        indices: list[int] = []
        labels, vectors = [np.zeros(0, np.int64)], []
        for batch in batches:
            vectors.append(answers(model, batch, shard))
            indices += batch.indices.tolist()
            labels.append(batch.labels)
            on_pictures(len(batch.indices))
        missing = sorted({*range(shard.count)} - {*indices})
        if missing:
            on_pictures(len(missing))
        damaged = [
            (shard.name_of(i), picture_batches.reason(shard, i, size, preprocessing))
            for i in missing
        ]
        yield (
            number,
            ShardVectors(
                tuple(indices),
                tuple(map(shard.name_of, indices)),
                np.concatenate(labels),
                np.concatenate(vectors) if vectors else np.zeros((0, 0), np.float32),
                tuple(damaged),
            ),
        )


def answers(model: ImageModel, batch: PictureBatch, shard: Shard) -> np.ndarray:
    """A model's answers to a batch, f32[batch, depth].

    Args:
      model: of features or logits.
      batch: of pictures.
      shard: that they are of.

    Raises:
      EvaluationError: if an answer is not a number; names the picture.
    """
    values = model.answers(batch.images)
    if not np.isfinite(values).all():
        place = int(np.argmin(np.isfinite(values).all(axis=1)))
        raise EvaluationError(
            f"{model.name} does not answer with numbers to "
            f"{shard.name_of(int(batch.indices[place]))}: `slimhub verify` says what is wrong with "
            "it"
        )
    return values
