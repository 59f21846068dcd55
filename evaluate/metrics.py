"""Figures of accuracy from sums."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Sequence
from typing import Any

from slimhub.common import binomial
from slimhub.evaluate.totals import UNIT, Totals

_SHOWN = 20  # of the most confused pairs


@dataclasses.dataclass(frozen=True, kw_only=True)
class ClassFigures:
    """One class of the data: its logit, its name, its pictures, and the fraction that is correct.

    Attributes:
      index: of the logit.
      name: empty if it has none.
      count: pictures.
      top1: fraction.
    """

    index: int
    name: str
    count: int
    top1: float


@dataclasses.dataclass(frozen=True, kw_only=True)
class Confusion:
    """Pictures of one class that were taken for another.

    Attributes:
      index: logit of their class.
      answer: logit of the answer.
      name: of their class, or empty.
      answer_name: of the answer, or empty.
      count: pictures.
    """

    index: int
    answer: int
    name: str
    answer_name: str
    count: int


@dataclasses.dataclass(frozen=True, kw_only=True)
class CalibrationBin:
    """Pictures whose largest probability is in one range.

    Attributes:
      count: pictures.
      accuracy: the fraction of them that is correct.
      confidence: the mean of their largest probabilities.
    """

    count: int
    accuracy: float
    confidence: float


@dataclasses.dataclass(frozen=True, kw_only=True)
class Figures:
    """How well a classifier does.

    Attributes:
      count: pictures.
      top1: fraction whose class has the largest logit.
      top5: fraction whose class is among the five largest.
      interval: of top1, Wilson's, 95%: what chance alone makes of the choice of pictures.
      loss: mean cross-entropy, natural logarithm.
      calibration_error: mean difference between confidence and accuracy over 15 equal ranges of
        confidence, weighted by pictures (Guo et al. 2017, https://arxiv.org/abs/1706.04599).
      calibration: those ranges that have pictures.
      per_class: in the order of the logits; classes without pictures are left out.
      confusions: the most confused pairs, at most 20.
    """

    count: int
    top1: float
    top5: float
    interval: tuple[float, ...]
    loss: float
    calibration_error: float
    calibration: tuple[CalibrationBin, ...]
    per_class: tuple[ClassFigures, ...]
    confusions: tuple[Confusion, ...]


def summarize(totals: Totals, names: Sequence[str]) -> Figures:
    """The figures of all pictures.

    Args:
      totals: of at least one picture.
      names: of the logits; empty if they have none.
    """
    bins = tuple(
        CalibrationBin(count=count, accuracy=right / count, confidence=sure / UNIT / count)
        for count, right, sure in totals.bins
        if count
    )
    errors = [abs(right * UNIT - sure) for count, right, sure in totals.bins]
    return Figures(
        count=totals.count,
        top1=totals.top1 / totals.count,
        top5=totals.top5 / totals.count,
        interval=binomial.wilson(totals.top1, totals.count),
        loss=totals.loss / UNIT / totals.count,
        calibration_error=sum(errors) / UNIT / totals.count,
        calibration=bins,
        per_class=tuple(_per_class(totals, names)),
        confusions=tuple(_confusions(totals, names)),
    )


def _per_class(totals: Totals, names: Sequence[str]) -> list[ClassFigures]:
    counts: Counter[int] = Counter()
    for (index, _), number in totals.pairs.items():
        counts[index] += number
    return [
        ClassFigures(
            index=index,
            name=name_of(names, index),
            count=counts[index],
            top1=totals.pairs[index, index] / counts[index],
        )
        for index in sorted(counts)
    ]


def _confusions(totals: Totals, names: Sequence[str]) -> list[Confusion]:
    wrong = [(number, *pair) for pair, number in totals.pairs.items() if pair[0] != pair[1]]
    wrong.sort(key=lambda one: (-one[0], one[1:]))
    return [
        Confusion(
            index=index,
            answer=answer,
            name=name_of(names, index),
            answer_name=name_of(names, answer),
            count=number,
        )
        for number, index, answer in wrong[:_SHOWN]
    ]


def name_of(names: Sequence[str], index: int) -> str:
    """The name of a logit, empty if it has none."""
    return names[index] if index < len(names) else ""


def to_json(figures: Figures) -> dict[str, Any]:
    """As JSON data."""
    return dataclasses.asdict(figures)
