"""What is evaluated, and how; no TensorFlow is imported to refuse a request."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from slimhub.common import extras, paths
from slimhub.common.errors import EvaluationError, RequestError, option
from slimhub.common.text import either
from slimhub.evaluate import evaluation_record
from slimhub.evaluate.datasets import dataset_kinds
from slimhub.evaluate.datasets.dataset import Dataset
from slimhub.evaluate.evaluation_record import EvaluatedData, EvaluationRecord
from slimhub.evaluate.models import model_source
from slimhub.export import labels

PREPROCESSING = ("slim", "center_crop", "resize")
BATCH = 32
MAX_BAD = 0.01


@dataclasses.dataclass(frozen=True)
class EvaluationRequest:
    """One evaluation.

    Attributes:
      artifact: folder of a SavedModel, a file of `slimhub convert`, or the URL of a hub's model.
      data: see `dataset_kinds.open_dataset`.
      split: part of the data; empty for all of it.
      train_split: part of the data that classifiers on features learn from; None for artifacts
        that are classifiers themselves.
      labels: file with the names of the data's labels, or None.
      label_offset: what to add to labels of the data to get places of logits, which then are
        matched by index; None to match them by name or by the number of classes, and to refuse
        figures that show another offset.
      label_order: one of `dataset_kinds.ORDERS`.
      preprocessing: one of `PREPROCESSING`, see `image_preparation.prepare`.
      batch_size: pictures in a call.
      at_least: smallest top-1 to accept, a fraction, or None.
      max_bad: largest fraction of damaged pictures to accept.
      trust: see `ServedModel`.
      jobs: processes of this machine that share the work, or None for this process alone.
      scheduler: address of a Dask cluster that does the work, or None.
    """

    artifact: str
    data: str
    split: str = ""
    train_split: str | None = None
    labels: str | None = None
    label_offset: int | None = None
    label_order: str = "numeric"
    preprocessing: str = "slim"
    batch_size: int = BATCH
    at_least: float | None = None
    max_bad: float = MAX_BAD
    trust: bool = False
    jobs: int | None = None
    scheduler: str | None = None

    @property
    def is_distributed(self) -> bool:
        """Whether other processes do the work."""
        return self.jobs is not None or self.scheduler is not None

    def check(self) -> None:
        """Refuses what can be refused without reading the data.

        Raises:
          RequestError: says what is wrong with which option.
        """
        self.check_options()
        model_source.check(self.artifact)
        if (place := self.record_path()) is not None:
            evaluation_record.check_place(place)

    def check_options(self) -> None:
        """Refuses invalid options of an artifact that need not exist yet.

        Raises:
          RequestError: says what is wrong with which option.
        """
        if self.preprocessing not in PREPROCESSING:
            raise RequestError(
                f"{option('preprocessing')} must be {either(PREPROCESSING)}, not "
                f"{self.preprocessing!r}"
            )
        if self.label_order not in dataset_kinds.ORDERS:
            raise RequestError(f"{option('label_order')} must be {either(dataset_kinds.ORDERS)}")
        if self.batch_size < 1:
            raise RequestError(f"{option('batch_size')} must be at least 1")
        if self.jobs is not None and (self.jobs < 1 or self.scheduler is not None):
            raise RequestError(
                f"{option('jobs')} must be at least 1, and does not apply to {option('scheduler')}"
            )
        if self.is_distributed:
            extras.need("distributed", "cryptography", extra="evaluate")
        for name in ("at_least", "max_bad"):
            value = getattr(self, name)
            if value is not None and not 0 <= value <= 1:
                raise RequestError(f"{option(name)} must be a fraction from 0 to 1, such as 0.65")

    def record_path(self) -> Path | None:
        """Where the evaluation record goes; None for an artifact that is not on this machine."""
        if model_source.is_url(self.artifact):
            return None
        return evaluation_record.path_of(model_source.local(self.artifact))

    def known(self) -> EvaluationRecord | None:
        """The record of the same evaluation, if it was done already; no picture is decoded.

        Raises:
          RequestError: if the data cannot be read.
          EvaluationError: if what is at its place is not a record.
        """
        is_url = model_source.is_url(self.artifact)
        found = None if is_url else evaluation_record.read(model_source.local(self.artifact))
        if found is None:
            return None
        was = found.preprocessing, found.batch_size, found.label_offset
        is_same = (
            was == (self.preprocessing, self.batch_size, self.label_offset)
            and self._is_of(found.data, self.dataset())
            and self._is_of(found.train, self.training_set())
        )
        return found if is_same else None

    def _is_of(self, known: EvaluatedData | None, dataset: Dataset | None) -> bool:
        """Whether a record's data are a data set, and no more damaged than this request accepts."""
        if known is None or dataset is None:
            return known is None and dataset is None
        was = known.sha256, known.labels_sha256
        is_same = was == (dataset.sha256, dataset.labels_sha256)
        return is_same and known.damaged <= self.max_bad * known.count

    def check_bar(self, record: EvaluationRecord) -> None:
        """Refuses figures below the bar.

        Raises:
          EvaluationError: says how far.
        """
        if self.at_least is not None and record.top1 < self.at_least:
            raise EvaluationError(
                f"top-1 of {record.artifact.name} on {record.data.name} is {record.top1:.4f}, "
                f"below {option('at_least', self.at_least)}"
            )

    def dataset(self) -> Dataset:
        """The data set, with the names of its labels.

        Raises:
          RequestError: if there is none.
        """
        return self._part(self.split)

    def training_set(self) -> Dataset | None:
        """What classifiers on features learn from; None if the request does not name it.

        Raises:
          RequestError: if it is not there.
        """
        return None if self.train_split is None else self._part(self.train_split)

    def _part(self, split: str) -> Dataset:
        found = dataset_kinds.open_dataset(self.data, split, self.label_order)
        if self.labels is None:
            return found
        return found.renamed(labels.read_names(paths.expanded(self.labels)))
