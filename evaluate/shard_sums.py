"""Computes the sums over shards. Imports TensorFlow."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping

import numpy as np

from slimhub.evaluate import feature_vectors, picture_batches
from slimhub.evaluate.datasets.dataset import Shard
from slimhub.evaluate.models.image_model import ImageModel
from slimhub.evaluate.picture_batches import PictureBatch
from slimhub.evaluate.totals import Totals
from slimhub.export.label_match import LabelMatch


@dataclasses.dataclass(frozen=True)
class ShardTask:
    """What is done with every shard.

    Attributes:
      match: of labels.
      preprocessing: see `image_preparation.prepare`.
      batch_size: pictures in a call.
    """

    match: LabelMatch
    preprocessing: str
    batch_size: int


def compute(
    model: ImageModel,
    shards: Mapping[int, Shard],
    task: ShardTask,
    on_pictures: Callable[[int], None] = lambda count: None,
) -> Iterator[tuple[int, Totals]]:
    """Classifies the pictures of shards, one shard after the other.

    Batches do not cross the ends of shards, so that the sums of a shard are the same whoever
    computes it, and in which order.

    Args:
      model: a classifier.
      shards: of the data, by number.
      task: see `ShardTask`.
      on_pictures: called after each batch with the number of its pictures.

    Yields:
      Number and sums of each shard.

    Raises:
      EvaluationError: if a label has no logit, or an answer is not a number.
    """
    size, preprocessing = model.image_size, task.preprocessing
    for number, batches in picture_batches.read(shards, size, preprocessing, task.batch_size):
        shard = shards[number]
        totals, missing = Totals(), set(range(shard.count))
        for batch in batches:
            _add(totals, model, batch, shard, number, task.match)
            missing.difference_update(batch.indices.tolist())
            on_pictures(len(batch.indices))
        for index in sorted(missing):
            why = picture_batches.reason(shard, index, size, preprocessing)
            totals.damaged.append((shard.name_of(index), why))
        if missing:
            on_pictures(len(missing))
        yield number, totals


def _add(
    totals: Totals,
    model: ImageModel,
    batch: PictureBatch,
    shard: Shard,
    number: int,
    match: LabelMatch,
) -> None:
    classes = match.find(batch.labels)
    if (classes < 0).any():
        place = int(np.argmax(classes < 0))
        raise match.refuse(int(batch.labels[place]), shard.name_of(int(batch.indices[place])))
    logits = feature_vectors.answers(model, batch, shard)
    answers = totals.add(logits, classes)
    for place in np.flatnonzero(answers != classes).tolist():
        index = int(batch.indices[place])
        pair = int(classes[place]), int(answers[place])
        totals.keep_example(pair, (number, index, shard.name_of(index)))
