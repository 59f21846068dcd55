"""The evaluation record: figures that were measured, beside the artifact that they are of.

`ARTIFACT.evaluation.json` lies beside the artifact, and not in it, since it is made later. The
digest of the artifact is in it: figures of an artifact that was changed are not read.
"""

from __future__ import annotations

import dataclasses
import json
import os
from pathlib import Path
from typing import Any

from slimhub.common import disks, files, foreign_files
from slimhub.common.errors import EvaluationError, RequestError
from slimhub.evaluate.metrics import Figures
from slimhub.evaluate.models import artifact_digest
from slimhub.export import record_json
from slimhub.export.record_json import FieldError

SUFFIX = ".evaluation.json"
LOGITS = "logits"  # a method: figures of the artifact's own classes
_FORMAT = 1  # of the record; increases when a reader of the old one would be wrong


@dataclasses.dataclass(frozen=True, kw_only=True)
class EvaluatedData:
    """What was measured on.

    Attributes:
      name: of the data set, as the user calls it.
      kind: see `Dataset`.
      split: part of it, or empty.
      sha256: of the files and their content, see `Dataset`.
      count: pictures, damaged ones among them.
      damaged: pictures that could not be read, which were left out.
      labels_sha256: see `Dataset`; empty in records of earlier releases.
    """

    name: str
    kind: str
    split: str
    sha256: str
    count: int
    damaged: int
    labels_sha256: str = ""


@dataclasses.dataclass(frozen=True, kw_only=True)
class EvaluatedArtifact:
    """What was measured.

    Attributes:
      name: of its folder or file.
      format: `SavedModel`, `LiteRT` or `ONNX`.
      sha256: see `artifact_digest.of`.
    """

    name: str
    format: str
    sha256: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class Latency:
    """How long a call takes.

    Attributes:
      batch: images in it.
      threads: that it may use.
      median: milliseconds.
      p90: the 90th percentile, milliseconds.
      calls: that were timed, after a warm-up.
      cpu: what it ran on.
    """

    batch: int
    threads: int
    median: float
    p90: float
    calls: int
    cpu: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class EvaluationRecord(Figures):
    """Figures, and everything that they depend on.

    Attributes:
      artifact: see `EvaluatedArtifact`.
      data: see `EvaluatedData`.
      preprocessing: see `image_preparation.prepare`.
      image_size: height and width that pictures were brought to, pixels.
      batch_size: pictures in a call.
      labels: how labels of the data were matched with logits.
      versions: of the packages that computed it.
      latency: of the artifact, if that was measured too.
      method: `logits`, or `linear probe` for an artifact of features: the figures are those of a
        classifier that learned from them, see `feature_probe.probe`.
      neighbors: fraction that the 20 nearest neighbors by cosine name correctly; None for logits.
      train: what classifiers on features learned from; None for logits.
      label_offset: that the user asked for; None if labels were matched without it.
    """

    artifact: EvaluatedArtifact
    data: EvaluatedData
    preprocessing: str
    image_size: int
    batch_size: int
    labels: str
    versions: dict[str, str]
    latency: tuple[Latency, ...] = ()
    method: str = LOGITS
    neighbors: float | None = None
    train: EvaluatedData | None = None
    label_offset: int | None = None

    def to_json(self) -> dict[str, Any]:
        """As JSON data."""
        return {"format": _FORMAT, **record_json.encode(self)}

    def text(self) -> str:
        """The content of its file."""
        return json.dumps(self.to_json(), indent=1) + "\n"

    def write(self, path: Path) -> None:
        """Writes the record, over an earlier one.

        Args:
          path: see `path_of`.

        Raises:
          EvaluationError: if it cannot be written.
        """
        try:
            files.write_atomically(path, self.text())
        except OSError as error:
            raise EvaluationError(f"cannot write {path}: {disks.explain(error, path)}") from error


def path_of(artifact: Path) -> Path:
    """Where the record of an artifact is.

    Args:
      artifact: folder or file.
    """
    return artifact.with_name(artifact.name + SUFFIX)


def check_place(path: Path) -> None:
    """Refuses a place that no record can be written to, before any work.

    Raises:
      RequestError: says why.
    """
    if path.is_dir() or not os.access(path.parent, os.W_OK):
        raise RequestError(
            f"the evaluation record {path} cannot be written: copy the artifact to a folder of "
            "your own"
        )


def parse(content: bytes | str, source: str) -> EvaluationRecord:
    """A record from the content of its file.

    Args:
      content: in UTF-8.
      source: where it is from, for messages.

    Raises:
      EvaluationError: if it is not one.
    """
    try:
        table = foreign_files.parse_json(content)
        if not isinstance(table, dict) or table.get("format") != _FORMAT:
            raise EvaluationError(
                f"{source} is not an evaluation record of this release: evaluate the artifact again"
            )
        found = record_json.decode(EvaluationRecord, table)
    except (ValueError, FieldError) as error:
        raise EvaluationError(
            f"{source} is not an evaluation record ({error!s:.80}): evaluate the artifact again"
        ) from error
    _check_values(found, source)
    return found


def _check_values(found: EvaluationRecord, source: str) -> None:
    """Refuses figures that no evaluation has."""
    fractions = (found.top1, found.top5, *found.interval)
    is_sound = (
        found.count > 0
        and len(found.interval) == 2
        and all(0 <= value <= 1 for value in fractions)
        and found.interval[0] <= found.top1 <= found.interval[1]
        and found.top1 <= found.top5
    )
    if not is_sound:
        raise EvaluationError(
            f"{source} has figures that no evaluation has: evaluate the artifact again"
        )


def read(artifact: Path) -> EvaluationRecord | None:
    """The figures of an artifact.

    Args:
      artifact: folder or file.

    Returns:
      None if there is no record, or the artifact is not the one that was evaluated.

    Raises:
      EvaluationError: if there is a file that is not a record.
    """
    path = path_of(artifact)
    try:
        found = parse(foreign_files.read(path), path.name)
        return found if found.artifact.sha256 == artifact_digest.of(artifact) else None
    except FileNotFoundError:
        return None
    except OSError as error:
        raise EvaluationError(f"cannot read {path}: {error.strerror}") from error
