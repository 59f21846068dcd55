"""What is added up over pictures: integers alone, so that no order of additions changes a digit."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

UNIT = 1 << 40  # units of loss and confidence: a rounding error of 5e-13 for each picture
BINS = 15  # of confidence, for the calibration
_TOP = 5
_KEPT = 3  # pictures that are kept of each pair of classes


@dataclasses.dataclass
class Totals:
    """Sums over pictures.

    Attributes:
      count: pictures that were classified.
      top1: of them, those whose class has the largest logit (of equal ones, the first).
      top5: those whose class is among the five largest.
      loss: sum of the cross-entropy, natural logarithm, in units of 1 / `UNIT`.
      pairs: (class, answer) -> pictures.
      bins: for each of `BINS` equal ranges of the largest probability: pictures, correct ones, and
        the sum of that probability in units of 1 / `UNIT`.
      examples: (class, answer) of wrong answers -> the first pictures, as (shard, index, name).
      damaged: pictures that could not be read, as (name, reason).
    """

    count: int = 0
    top1: int = 0
    top5: int = 0
    loss: int = 0
    pairs: Counter[tuple[int, int]] = dataclasses.field(default_factory=Counter)
    bins: list[list[int]] = dataclasses.field(default_factory=lambda: [[0, 0, 0]] * BINS)
    examples: dict[tuple[int, int], list[tuple[int, int, str]]] = dataclasses.field(
        default_factory=dict
    )
    damaged: list[tuple[str, str]] = dataclasses.field(default_factory=list)

    def add(self, logits: np.ndarray, classes: np.ndarray) -> np.ndarray:
        """Adds a batch.

        Args:
          logits: f32[batch, width], all finite.
          classes: i64[batch], which logit is each picture's.

        Returns:
          i64[batch], the answers.
        """
        import numpy as np  # only here, as that takes as long as refusing a request

        rows = np.arange(len(logits))
        exact = logits.astype(np.float64)
        answers: np.ndarray = exact.argmax(axis=1)
        own = exact[rows, classes]
        largest = exact.max(axis=1)
        sums = np.exp(exact - largest[:, None]).sum(axis=1)
        losses = np.log(sums) + largest - own
        confidences = 1 / sums
        self.count += len(logits)
        self.top1 += int((answers == classes).sum())
        self.top5 += int((_ranks(exact, own, classes) < _TOP).sum())
        self.loss += sum(map(_units, losses))
        self.pairs.update(zip(classes.tolist(), answers.tolist(), strict=True))
        self._add_bins(confidences, answers == classes)
        return answers

    def _add_bins(self, confidences: np.ndarray, is_right: np.ndarray) -> None:
        places = (confidences * BINS).astype(int).clip(max=BINS - 1)
        for place, confidence, right in zip(places, confidences, is_right, strict=True):
            found = self.bins[place]
            self.bins[place] = [found[0] + 1, found[1] + int(right), found[2] + _units(confidence)]

    def keep_example(self, pair: tuple[int, int], picture: tuple[int, int, str]) -> None:
        """Remembers a picture that was taken for another class, if it is one of the first.

        Args:
          pair: class and answer.
          picture: shard, index and name.
        """
        kept = self.examples.setdefault(pair, [])
        if len(kept) < _KEPT:
            kept.append(picture)

    def merge(self, others: Sequence[Totals]) -> None:
        """Adds sums over other pictures, in the order of their shards."""
        for other in others:
            self.count += other.count
            self.top1 += other.top1
            self.top5 += other.top5
            self.loss += other.loss
            self.pairs.update(other.pairs)
            self.bins = [
                [a + b for a, b in zip(mine, theirs, strict=True)]
                for mine, theirs in zip(self.bins, other.bins, strict=True)
            ]
            for pair, pictures in other.examples.items():
                for picture in pictures:
                    self.keep_example(pair, picture)
            self.damaged += other.damaged

    def to_json(self) -> dict[str, Any]:
        """As JSON data."""
        return dataclasses.asdict(self) | {
            "pairs": [[*pair, number] for pair, number in self.pairs.items()],
            "examples": [[*pair, pictures] for pair, pictures in self.examples.items()],
        }

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> Totals:
        """The inverse of `to_json`."""
        return cls(
            **content
            | {
                "pairs": Counter({(a, b): number for a, b, number in content["pairs"]}),
                "examples": {
                    (a, b): [(shard, index, name) for shard, index, name in pictures]
                    for a, b, pictures in content["examples"]
                },
                "damaged": [(name, reason) for name, reason in content["damaged"]],
            }
        )


def _ranks(logits: np.ndarray, own: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """How many logits come before each picture's own; of equal ones, the first comes first."""
    import numpy as np

    before = np.arange(logits.shape[1]) < classes[:, None]
    ranks: np.ndarray = ((logits > own[:, None]) | ((logits == own[:, None]) & before)).sum(axis=1)
    return ranks


def _units(value: float) -> int:
    return round(float(value) * UNIT)
