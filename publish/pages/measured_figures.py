"""Figures of accuracy that were measured on what is published, for pages, cards and indexes.

They come from evaluation records, see `slimhub.evaluate`.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from slimhub.common import foreign_files
from slimhub.evaluate import evaluation_record
from slimhub.evaluate.evaluation_record import LOGITS, EvaluationRecord, Latency
from slimhub.export import record_json
from slimhub.export.record_json import FieldError

_SIDES = {"resize": "the whole image, resized", "slim": "the central 87.5% of both sides, resized"}
_LONGEST = 1e7  # milliseconds of a call
_OTHERWISE = "the square in the middle of the shorter side"


@dataclasses.dataclass(frozen=True, kw_only=True)
class MeasuredFigures:
    """The accuracy of one file or folder on one data set.

    Attributes:
      format: `SavedModel`, `LiteRT` or `ONNX`.
      sha256: digest of what was measured, see `artifact_digest.of`.
      data: name of the data set.
      split: part of it, or empty.
      count: images.
      top1: fraction that is correct.
      top5: fraction whose class is among the five largest logits.
      interval: of top1, 95%.
      preprocessing: see `image_preparation.prepare`.
      latency: of calls, if that was measured too.
      method: `logits`, or `linear probe` for features.
      neighbors: of features: the fraction that nearest neighbors name correctly.
    """

    format: str
    sha256: str
    data: str
    split: str
    count: int
    top1: float
    top5: float
    interval: tuple[float, ...]
    preprocessing: str
    latency: tuple[Latency, ...] = ()
    method: str = LOGITS
    neighbors: float | None = None

    @property
    def is_sound(self) -> bool:
        """Whether an evaluation can have them."""
        values = (self.top1, self.top5, *self.interval, self.neighbors or 0)
        times = [one.median for one in self.latency]
        is_timed = all(0 < time < _LONGEST for time in times)
        return (
            is_timed
            and self.count > 0
            and len(self.interval) == 2
            and all(0 <= v <= 1 for v in values)
        )

    def row(self) -> dict[str, Any]:
        """What a table shows: texts, and numbers in percent."""
        low, high = (f"{100 * value:.2f}" for value in self.interval)
        return {
            "format": self.format,
            "method": "" if self.method == LOGITS else self.method,
            "neighbors": None if self.neighbors is None else f"{100 * self.neighbors:.2f}",
            "data": f"{self.data}, {self.split}" if self.split else self.data,
            "count": self.count,
            "top1": f"{100 * self.top1:.2f}",
            "top5": f"{100 * self.top5:.2f}",
            "interval": f"{low} to {high}",
            "times": [
                dataclasses.asdict(one) | {"median": f"{one.median:.2f}", "p90": f"{one.p90:.2f}"}
                for one in self.latency
            ],
            "images": _SIDES.get(self.preprocessing, _OTHERWISE),
        }


Measured = tuple[MeasuredFigures, ...]


def records(artifact: Path, also: Mapping[str, Path] | None = None) -> dict[str, EvaluationRecord]:
    """The evaluation records that lie beside an artifact and files of other formats.

    Args:
      artifact: its folder.
      also: files of other formats, by suffix.

    Returns:
      By suffix, the artifact's under an empty one; those of what was changed since are not read.

    Raises:
      EvaluationError: if a file beside one of them is not an evaluation record.
    """
    places = {"": artifact, **(also or {})}
    found = {suffix: evaluation_record.read(path) for suffix, path in places.items()}
    return {suffix: record for suffix, record in found.items() if record is not None}


def of_records(found: Mapping[str, EvaluationRecord]) -> Measured:
    """What is published of evaluation records, in their order."""
    return tuple(
        MeasuredFigures(
            format=record.artifact.format,
            sha256=record.artifact.sha256,
            data=record.data.name,
            split=record.data.split,
            count=record.count,
            top1=record.top1,
            top5=record.top5,
            interval=record.interval,
            preprocessing=record.preprocessing,
            latency=record.latency,
            method=record.method,
            neighbors=record.neighbors,
        )
        for record in found.values()
    )


def dump(measured: Measured) -> str:
    """The figures as JSON on one line; empty if there are none."""
    return json.dumps([dataclasses.asdict(one) for one in measured]) if measured else ""


def parse(text: str) -> Measured:
    """The inverse of `dump`; nothing for a text that somebody else has changed."""
    try:
        rows = foreign_files.parse_json(text) if text else []
        found = tuple(record_json.decode(MeasuredFigures, row) for row in rows)
    except (ValueError, TypeError, FieldError):
        return ()
    return found if all(one.is_sound for one in found) else ()
