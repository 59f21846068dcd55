"""Evaluates features: classifiers learn from them on one split, and answer to another."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from slimhub.common.errors import EvaluationError, RequestError, option
from slimhub.common.text import count, listed
from slimhub.evaluate import feature_probe
from slimhub.evaluate.datasets import picture_paths
from slimhub.evaluate.datasets.dataset import RecordShard
from slimhub.evaluate.evaluation_request import EvaluationRequest
from slimhub.evaluate.totals import Totals

if TYPE_CHECKING:
    from slimhub.evaluate.datasets.dataset import Dataset
    from slimhub.evaluate.feature_vectors import ShardVectors
    from slimhub.evaluate.models.image_model import ImageModel

METHOD = "linear probe"
_SHOWN = 3


def check(request: EvaluationRequest, train: Dataset | None, test: Dataset) -> Dataset:
    """Refuses data that features cannot be evaluated on.

    Args:
      request: that names both.
      train: pictures to learn from, or None.
      test: pictures to answer to.

    Returns:
      The pictures to learn from.

    Raises:
      RequestError: if there are none, a file of them is in both parts, their labels have other
        names, or other processes are to do the work.
    """
    if train is None:
        raise RequestError(
            f"{request.artifact} has features, not logits: name the part of the data that "
            f"classifiers learn from with {option('train_split')}, and the part that they are "
            f"tested on with {option('split')}"
        )
    if train.sha256 == test.sha256:
        raise RequestError(
            f"{option('train_split')} and {option('split')} are the same pictures: classifiers "
            "have to be tested on others"
        )
    _check_apart(train, test)
    if train.class_names != test.class_names:
        raise RequestError(
            f"the classes of {option('train_split', train.split)} and "
            f"{option('split', test.split)} differ: both need the same folders or names"
        )
    if request.is_distributed:
        raise RequestError(
            f"features are computed in this process: leave {option('jobs')} and "
            f"{option('scheduler')} out"
        )
    feature_probe.check_packages()
    return train


def _check_apart(train: Dataset, test: Dataset) -> None:
    """Refuses files that are in both parts, since answers to what was learned test nothing."""
    learned = {os.path.realpath(file.path) for file in train.files}
    twice = [file.name for file in test.files if os.path.realpath(file.path) in learned]
    if isinstance(test.shards[0], RecordShard):
        twice = twice or _copies(train, test)
    if twice:
        raise RequestError(
            f"{count(len(twice), 'file')} of {option('split', test.split)} belong to "
            f"{option('train_split', train.split)}, too: {listed(twice, _SHOWN)}. Classifiers have "
            "to be tested on others: leave them out of one of both"
        )


def _copies(train: Dataset, test: Dataset) -> list[str]:
    """Names of files to be tested on that have the content of one that was learned from."""
    learned = {file.digest for file in train.files} - {picture_paths.UNREADABLE}
    return [file.name for file in test.files if file.digest in learned]


def note_of_copies(train: Dataset, test: Dataset) -> tuple[str, ...]:
    """What to say about pictures that are in both parts under other names.

    Args:
      train: pictures to learn from.
      test: pictures to answer to.
    """
    copies = _copies(train, test)
    if not copies:
        return ()
    return (
        f"{count(len(copies), 'picture')} of the test has copies among the training pictures, "
        f"which raise the accuracy: {listed(copies, _SHOWN)}",
    )


def compute(
    model: ImageModel,
    train: Dataset,
    test: Dataset,
    request: EvaluationRequest,
    on_pictures: Callable[[int, int], None],
) -> tuple[Totals, tuple[str, ...], float]:
    """Computes features of both, and what classifiers make of them.

    Args:
      model: of features.
      train: pictures to learn from.
      test: pictures to answer to.
      request: how to compute features.
      on_pictures: called with the pictures done so far, and those in all.

    Returns:
      Sums over the answers of the linear classifier, names of its logits, and the fraction that the
      nearest neighbors name correctly.

    Raises:
      EvaluationError: if the classes of both differ, or no picture can be read.
    """
    done = 0

    def advance(pictures: int) -> None:
        nonlocal done
        done += pictures
        on_pictures(done, train.count + test.count)

    learned = _extract(model, train, request, advance)
    asked = _extract(model, test, request, advance)
    if not all(sum(len(part.ids) for part in parts) for parts in (learned, asked)):
        raise EvaluationError("no picture of the data can be read")
    labels, asked_labels = (_joined(parts, "labels") for parts in (learned, asked))
    vectors, asked_vectors = (_joined(parts, "vectors") for parts in (learned, asked))
    answers = feature_probe.probe(vectors, labels, asked_vectors, asked_labels)
    totals = Totals()
    answered = totals.add(answers.logits, answers.places)
    ids = [name for part in asked for name in part.ids]
    for place in np.flatnonzero(answered != answers.places).tolist():
        pair = int(answers.places[place]), int(answered[place])
        totals.keep_example(pair, (*_located(asked, place), ids[place]))
    totals.damaged = [one for part in (*learned, *asked) for one in part.damaged]
    named = test.class_names
    names = tuple(named[n] if 0 <= n < len(named) else str(n) for n in answers.classes.tolist())
    return totals, names, answers.neighbors


def _extract(
    model: ImageModel,
    dataset: Dataset,
    request: EvaluationRequest,
    advance: Callable[[int], None],
) -> list[ShardVectors]:
    from slimhub.evaluate import feature_vectors

    shards = dict(enumerate(dataset.shards))
    found = feature_vectors.extract(
        model, shards, request.preprocessing, request.batch_size, advance
    )
    return [vectors for _, vectors in found]


def _joined(parts: list[ShardVectors], field: str) -> np.ndarray:
    return np.concatenate([getattr(part, field) for part in parts if len(part.ids)])


def _located(parts: list[ShardVectors], place: int) -> tuple[int, int]:
    """Shard and place in it of a picture, of which only the readable ones are counted."""
    for number, part in enumerate(parts):
        if place < len(part.ids):
            return number, part.indices[place]
        place -= len(part.ids)
    raise IndexError(place)
