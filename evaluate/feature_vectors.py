"""What an artifact answers to the pictures of a shard. Imports TensorFlow."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np

from slimhub.common.errors import EvaluationError
from slimhub.evaluate import picture_batches
from slimhub.evaluate.datasets.dataset import Shard
from slimhub.evaluate.models.image_model import ImageModel


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
    shard: Shard,
    preprocessing: str,
    batch_size: int,
    on_pictures: Callable[[int], None] = lambda count: None,
) -> ShardVectors:
    """Runs an artifact on a shard.

    Args:
      model: of features or logits.
      shard: of the data.
      preprocessing: see `image_preparation.prepare`.
      batch_size: pictures in a call.
      on_pictures: called after each batch with the number of its pictures.

    Raises:
      EvaluationError: if an answer is not a number.
    """
    indices: list[int] = []
    labels, vectors = [np.zeros(0, np.int64)], []
    for batch in picture_batches.read(shard, model.image_size, preprocessing, batch_size):
        answers = model.answers(batch.images)
        if not np.isfinite(answers).all():
            raise EvaluationError(
                f"{model.name} does not answer with numbers to pictures of {shard.name_of(0)} and "
                "those behind it: `slimhub verify` says what is wrong with it"
            )
        indices += batch.indices.tolist()
        labels.append(batch.labels)
        vectors.append(answers)
        on_pictures(len(answers))
    missing = sorted({*range(shard.count)} - {*indices})
    if missing:
        on_pictures(len(missing))
    damaged = [
        (shard.name_of(i), picture_batches.reason(shard, i, model.image_size, preprocessing))
        for i in missing
    ]
    return ShardVectors(
        tuple(indices),
        tuple(map(shard.name_of, indices)),
        np.concatenate(labels),
        np.concatenate(vectors) if vectors else np.zeros((0, 0), np.float32),
        tuple(damaged),
    )
