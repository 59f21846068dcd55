"""The plots of an evaluation's report: places in a drawing, or percentages of a bar."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from slimhub.common import binomial
from slimhub.evaluate.evaluation_record import EvaluationRecord, Latency
from slimhub.evaluate.metrics import ClassFigures

CALIBRATION = 300.0  # side of the plot
_RADII = (3.0, 13.0)  # of a bin with few pictures, and with most of them
_WORST = 20  # classes


@dataclasses.dataclass(frozen=True)
class CalibrationDot:
    """A range of confidence, drawn where confidence and accuracy are."""

    x: float
    y: float
    radius: float
    count: int
    confidence: float
    accuracy: float


def calibration(record: EvaluationRecord) -> list[CalibrationDot]:
    """The ranges of confidence; the area of a dot is in proportion to its pictures."""
    most = max(one.count for one in record.calibration)
    smallest, largest = _RADII
    return [
        CalibrationDot(
            x=CALIBRATION * one.confidence,
            y=CALIBRATION * (1 - one.accuracy),
            radius=max(smallest, largest * (one.count / most) ** 0.5),
            count=one.count,
            confidence=one.confidence,
            accuracy=one.accuracy,
        )
        for one in record.calibration
    ]


def worst(record: EvaluationRecord) -> list[dict[str, Any]]:
    """The classes with the lowest accuracy, each with its interval in percent."""

    def rank(one: ClassFigures) -> tuple[float, int, int]:
        return one.top1, -one.count, one.index

    rows = []
    for one in sorted(record.per_class, key=rank)[:_WORST]:
        low, high = binomial.wilson(round(one.top1 * one.count), one.count)
        rows.append(
            {
                "name": one.name or f"class {one.index}",
                "count": one.count,
                "top1": 100 * one.top1,
                "low": 100 * low,
                "high": 100 * high,
            }
        )
    return rows


@dataclasses.dataclass(frozen=True)
class LatencyBar:
    """One bar: milliseconds, and in percent of the longest bar where median and 90th are."""

    batch: int
    threads: int
    median: float
    p90: float
    length: float
    mark: float
    per_image: float


def latency(times: Sequence[Latency]) -> list[LatencyBar]:
    """Bars of milliseconds per call; of the longest, the 90th percentile is at 100 %."""
    longest = longest_latency(times)
    return [
        LatencyBar(
            batch=one.batch,
            threads=one.threads,
            median=one.median,
            p90=one.p90,
            length=100 * one.median / longest,
            mark=100 * one.p90 / longest,
            per_image=one.median / one.batch,
        )
        for one in times
    ]


def longest_latency(times: Sequence[Latency]) -> float:
    """The largest 90th percentile, milliseconds."""
    return max((one.p90 for one in times), default=1.0)
