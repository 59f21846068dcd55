"""Evaluates a classifier on labeled pictures."""

from __future__ import annotations

import contextlib
import dataclasses
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from slimhub.common import foreign_files
from slimhub.common.errors import EvaluationError, RequestError, option
from slimhub.common.progress import OnPhase, Transfer
from slimhub.common.text import count, listed
from slimhub.common.version import __version__
from slimhub.evaluate import (
    evaluation_record,
    metrics,
    shard_runs,
)
from slimhub.evaluate.evaluation_record import (
    LOGITS,
    EvaluatedArtifact,
    EvaluatedData,
    EvaluationRecord,
)
from slimhub.evaluate.evaluation_request import EvaluationRequest
from slimhub.evaluate.finished_shards import FinishedShards
from slimhub.evaluate.models import model_source
from slimhub.evaluate.totals import Totals
from slimhub.export import label_diagnosis, label_match
from slimhub.export.label_match import LabelMatch

if TYPE_CHECKING:
    from slimhub.evaluate.datasets.dataset import Dataset
    from slimhub.evaluate.models.image_model import ImageModel

OnPictures = Callable[[int, int], None]  # with the pictures done so far, and those in all
PHASES = ("opening the data", "loading the artifact", "classifying")
RESUMED = "the same command goes on there"
_SHOWN = 3


@dataclasses.dataclass(frozen=True)
class Evaluation:
    """What an evaluation found.

    Attributes:
      record: the figures.
      path: where the record belongs, beside the artifact; None for one on another machine.
      totals: what the figures were computed from.
      dataset: that was read.
      notes: what people should know.
      seconds: that the classification took.
      computed: pictures that were classified in these seconds; not those of an interrupted run that
        this one went on with.
    """

    record: EvaluationRecord
    path: Path | None
    totals: Totals
    dataset: Dataset
    notes: tuple[str, ...]
    seconds: float
    computed: int

    @property
    def images_per_second(self) -> float | None:
        """None for features, whose seconds are mostly those of the probe's training."""
        return None if self.record.neighbors is not None else self.computed / self.seconds

    def to_json(self) -> dict[str, Any]:
        """As JSON data: the record, and what is not part of it."""
        return self.record.to_json() | {
            "record": None if self.path is None else str(self.path),
            "damaged": [{"name": name, "reason": reason} for name, reason in self.totals.damaged],
            "notes": list(self.notes),
            "images_per_second": self.images_per_second and round(self.images_per_second, 1),
        }


def evaluate(
    request: EvaluationRequest,
    *,
    on_phase: OnPhase = lambda phase: None,
    on_transfer: Transfer | None = None,
    on_pictures: OnPictures = lambda done, total: None,
) -> Evaluation:
    """Measures the accuracy of a classifier, and writes the evaluation record beside it.

    Args:
      request: what is evaluated, and how.
      on_phase: called at the start of each of `PHASES`.
      on_transfer: called while an artifact is downloaded.
      on_pictures: called after each batch.

    Returns:
      The figures, and where they were written.

    Raises:
      RequestError, ExportError, CheckpointError: if artifact or data cannot be used.
      EvaluationError: if figures cannot be trusted, or are below the bar: labels that are matched
        wrongly or have no logit, too many damaged pictures, answers that are not numbers. Then
        nothing is written.
    """
    request.check()
    on_phase(PHASES[0])
    dataset = request.dataset()
    on_phase(PHASES[1])
    with model_source.opened(
        request.artifact, trust=request.trust, on_transfer=on_transfer
    ) as model:
        on_phase(PHASES[2])
        found = measure(model, dataset, request, on_pictures)
    if found.path is not None:
        record = _with_latency(found, found.path)
        record.write(found.path)
        found = dataclasses.replace(found, record=record)
    return found


def _with_latency(found: Evaluation, path: Path) -> EvaluationRecord:
    """The record with what is known about the latency of the same artifact."""
    with contextlib.suppress(EvaluationError, OSError):  # of a file that will be replaced
        text = foreign_files.read(path)
        earlier = evaluation_record.parse(text, path.name)
        if earlier.artifact.sha256 == found.record.artifact.sha256:
            return dataclasses.replace(found.record, latency=earlier.latency)
    return found.record


def measure(
    model: ImageModel,
    dataset: Dataset,
    request: EvaluationRequest,
    on_pictures: OnPictures = lambda done, total: None,
) -> Evaluation:
    """Measures the accuracy of a loaded classifier, and writes nothing.

    Args:
      model: of the request's artifact.
      dataset: of the request.
      request: how to evaluate.
      on_pictures: called after each batch.

    Raises:
      RequestError, ExportError, EvaluationError: as `evaluate`.
    """
    begun = time.perf_counter()
    if model.output == LOGITS:
        totals, record, notes, computed = _measure_logits(model, dataset, request, on_pictures)
    else:
        totals, record, notes, computed = _measure_features(model, dataset, request, on_pictures)
    seconds = time.perf_counter() - begun
    notes = (*dataset.notes, *notes, *_note_of_damage(totals))
    request.check_bar(record)
    return Evaluation(record, request.record_path(), totals, dataset, notes, seconds, computed)


_Measured = tuple[Totals, EvaluationRecord, tuple[str, ...], int]  # last, see Evaluation.computed


def _measure_logits(
    model: ImageModel, dataset: Dataset, request: EvaluationRequest, on_pictures: OnPictures
) -> _Measured:
    match = _match(model, dataset, request)
    totals, computed = _classify(model, dataset, match, request, on_pictures)
    notes = _judge(totals, match, request)
    names = model.labels or _names(dataset, match)
    record = _record(model, dataset, request, totals, names, match.explanation)
    return totals, record, notes, computed


def _measure_features(
    model: ImageModel, dataset: Dataset, request: EvaluationRequest, on_pictures: OnPictures
) -> _Measured:
    from slimhub.evaluate import feature_evaluation

    train = feature_evaluation.check(request, request.training_set(), dataset)
    totals, names, neighbors = feature_evaluation.compute(
        model, train, dataset, request, on_pictures
    )
    check_damaged(totals.damaged, dataset.count + train.count, request.max_bad)
    record = dataclasses.replace(
        _record(model, dataset, request, totals, names, "of the training pictures"),
        method=feature_evaluation.METHOD,
        neighbors=neighbors,
        train=_data(train, 0),
    )
    chance = label_diagnosis.note_of_chance(totals.pairs, len(names))
    copies = feature_evaluation.note_of_copies(train, dataset)
    return totals, record, (chance, *copies) if chance else copies, dataset.count


def _match(model: ImageModel, dataset: Dataset, request: EvaluationRequest) -> LabelMatch:
    import tensorflow as tf

    if request.train_split is not None:
        raise RequestError(
            f"{option('train_split')} does not apply to {model.name}, which is a classifier"
        )
    blank = tf.zeros([1, model.image_size, model.image_size, 3])
    width = model.answers(blank).shape[1]
    return label_match.match(dataset.class_names, model.labels, width, request.label_offset)


def _classify(
    model: ImageModel,
    dataset: Dataset,
    match: LabelMatch,
    request: EvaluationRequest,
    on_pictures: OnPictures,
) -> tuple[Totals, int]:
    """The sums of all shards, and how many pictures were classified for them now."""
    from slimhub.evaluate import shard_sums

    task = shard_sums.ShardTask(match, request.preprocessing, request.batch_size)
    identity = dataclasses.asdict(task) | {"artifact": model.sha256, "data": dataset.sha256}
    versions = {"slimhub": __version__, **model.versions}
    identity |= {"labels": dataset.labels_sha256, "versions": versions}
    finished = FinishedShards(request.record_path(), identity, len(dataset.shards))
    resumed = done = sum(dataset.shards[number].count for number in finished.found)

    def advance(pictures: int) -> None:
        nonlocal done
        done += pictures
        on_pictures(done, dataset.count)

    run = shard_runs.in_clusters if request.is_distributed else shard_runs.in_turn
    parts = dict(finished.found)
    try:
        for number, part in run(model, dataset, task, request, parts, advance):
            parts[number] = part
            damaged = [one for known in parts.values() for one in known.damaged]
            check_damaged(damaged, dataset.count, request.max_bad)
            finished.add(number, part)
    except KeyboardInterrupt as interrupt:
        raise explained(interrupt, len(finished.found), len(dataset.shards)) from None
    totals = Totals()
    totals.merge([parts[number] for number in range(len(dataset.shards))])
    finished.remove()
    return totals, done - resumed


def explained(
    interrupt: KeyboardInterrupt,
    kept: int,
    shards: int,
    outlook: str = RESUMED,
) -> KeyboardInterrupt:
    """An interrupt that says what is kept of the work.

    Args:
      interrupt: without words.
      kept: shards that are done and on disk.
      shards: of the data.
      outlook: what another run does with them.
    """
    if not kept:
        return interrupt
    return KeyboardInterrupt(f"{kept:,} of {count(shards, 'shard')} are done and kept: {outlook}")


def check_damaged(damaged: Sequence[tuple[str, str]], pictures: int, max_bad: float) -> None:
    """Refuses data of which too many pictures are damaged.

    Args:
      damaged: pictures so far, as (name, reason).
      pictures: in all.
      max_bad: largest fraction to accept.

    Raises:
      EvaluationError: names the first of them.
    """
    if len(damaged) > max_bad * pictures:
        shown = listed([f"{name} ({reason})" for name, reason in damaged], _SHOWN)
        raise EvaluationError(
            f"{count(len(damaged), 'picture')} of {pictures:,} cannot be read, more than "
            f"{option('max_bad', max_bad)}: {shown}"
        )


def _judge(totals: Totals, match: LabelMatch, request: EvaluationRequest) -> tuple[str, ...]:
    """What to say about figures.

    Raises:
      EvaluationError: if labels were matched wrongly, and the user did not say how to match them.
    """
    if not totals.count:
        raise EvaluationError("no picture of the data can be read")
    found = label_diagnosis.diagnose(totals.pairs, match)
    if found is not None and request.label_offset is None:
        raise EvaluationError(f"{found.explain()}; no evaluation record was written")
    note = found.explain() if found else label_diagnosis.note_of_chance(totals.pairs, match.width)
    return (note,) if note else ()


def _note_of_damage(totals: Totals) -> tuple[str, ...]:
    if not totals.damaged:
        return ()
    shown = listed([f"{name} ({reason})" for name, reason in totals.damaged], _SHOWN)
    return (f"{count(len(totals.damaged), 'damaged picture')} left out: {shown}",)


def _record(
    model: ImageModel,
    dataset: Dataset,
    request: EvaluationRequest,
    totals: Totals,
    names: Sequence[str],
    labels: str,
) -> EvaluationRecord:
    figures = metrics.summarize(totals, names)
    return EvaluationRecord(
        **{field.name: getattr(figures, field.name) for field in dataclasses.fields(figures)},
        artifact=EvaluatedArtifact(name=model.name, format=model.form, sha256=model.sha256),
        data=_data(dataset, dataset.count - totals.count),
        preprocessing=request.preprocessing,
        image_size=model.image_size,
        batch_size=request.batch_size,
        labels=labels,
        label_offset=request.label_offset,
        versions={"slimhub": __version__, **model.versions},
    )


def _data(dataset: Dataset, damaged: int) -> EvaluatedData:
    return EvaluatedData(
        name=dataset.name,
        kind=dataset.kind,
        split=dataset.split,
        sha256=dataset.sha256,
        count=dataset.count,
        damaged=damaged,
        labels_sha256=dataset.labels_sha256,
    )


def _names(dataset: Dataset, match: LabelMatch) -> tuple[str, ...]:
    """Names of logits that have none, from the data."""
    if not dataset.class_names:
        return ()
    before = ("",) * max(0, match.offset)
    return (before + dataset.class_names[max(0, -match.offset) :])[: match.width]
