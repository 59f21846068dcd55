"""Whether accuracy is low because labels were matched wrongly.

Counts by pair of class and answer say what the accuracy would be under another match, so that
nothing has to be computed again.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping

from slimhub.common import binomial
from slimhub.common.errors import option
from slimhub.export.label_match import LabelMatch

Pairs = Mapping[tuple[int, int], int]  # (place of the logit, answer) -> pictures
_TIMES = 1.5  # how much better the other match has to be, besides being so beyond chance
_MANY = 11  # numbered classes from which their names sort otherwise than they count


@dataclasses.dataclass(frozen=True)
class Diagnosis:
    """Labels that were probably matched wrongly.

    Attributes:
      accuracy: top-1 under the match that was used.
      other: top-1 under the match that fits.
      cause: what is wrong, and what to do, one sentence.
    """

    accuracy: float
    other: float
    cause: str

    def explain(self) -> str:
        """All of it as one message."""
        return (
            f"the labels are matched wrongly: top-1 is {self.accuracy:.1%}, but would be "
            f"{self.other:.1%} otherwise. {self.cause}"
        )


def diagnose(pairs: Pairs, match: LabelMatch) -> Diagnosis | None:
    """Looks for a match that fits much better.

    Args:
      pairs: of at least one picture.
      match: that was used.

    Returns:
      None if there is none.
    """
    count, top1 = sum(pairs.values()), _right(pairs)
    best, cause = top1, ""
    for rule, explanation in _others(match):
        right = sum(n for (index, answer), n in pairs.items() if rule(index) == answer)
        if right > best:
            best, cause = right, explanation
    low, _ = binomial.wilson(best, count)
    _, high = binomial.wilson(top1, count)
    if low <= max(high, 1 / match.width) or best < _TIMES * top1:
        return None
    return Diagnosis(top1 / count, best / count, cause)


def note_of_chance(pairs: Pairs, width: int) -> str:
    """A sentence if the accuracy is what guessing gives or less, else an empty one.

    Args:
      pairs: of at least one picture.
      width: how many classes are answered; if it is one, there is nothing to guess.
    """
    low, _ = binomial.wilson(_right(pairs), sum(pairs.values()))
    if width > 1 and low <= 1 / width:
        return (
            "top-1 is what guessing gives, or less: check that these are the classes the artifact "
            "was trained on, how they are numbered, and the preprocessing"
        )
    return ""


def _right(pairs: Pairs) -> int:
    return sum(number for (index, answer), number in pairs.items() if index == answer)


def _others(match: LabelMatch) -> Iterator[tuple[Callable[[int], int], str]]:
    """Other matches: from the place of the logit that was used to another, and their remedy."""
    yield (lambda index: index + 1), _offset_cause(match, 1)
    yield (lambda index: index - 1), _offset_cause(match, -1)
    if match.by == "index" and match.width >= _MANY:
        order = sorted(range(match.width - match.offset), key=str)
        number_at = dict(enumerate(order))
        sorted_place = {number: place for place, number in number_at.items()}
        yield (
            lambda index: sorted_place.get(index - match.offset, -1) + match.offset,
            "The network was trained on classes in the order in which their names sort (0, 1, 10, "
            f"2), and the data have numbers: pass {option('label_order', 'sorted')}",
        )
        yield (
            lambda index: number_at.get(index - match.offset, -1) + match.offset,
            "The data are labeled in the order in which the names of classes sort (0, 1, 10, 2), "
            "and the network was trained on their numbers: write a CSV file with the numbers",
        )


def _offset_cause(match: LabelMatch, step: int) -> str:
    if match.by == "name":
        return (
            "The names are off by one: compare the labels of the artifact and of the data, where "
            "one may lack the background class"
        )
    direction = (
        "the data lack TF-Slim's background class, or count from 0 what the network counts from 1"
        if step > 0
        else "the data count from 1, or have a background class that the network lacks"
    )
    return (
        f"The labels are off by one: {direction}; pass "
        f"{option('label_offset', match.offset + step)}"
    )
