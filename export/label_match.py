"""Which logit belongs to which label of the data."""

from __future__ import annotations

import dataclasses
import re
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from slimhub.common.errors import EvaluationError, RequestError, option
from slimhub.common.text import count, listed

if TYPE_CHECKING:
    import numpy as np

_BACKGROUND = ("background", "dummy")  # what TF-Slim's label files call logit 0
_WORDNET = re.compile(r"n\d{8}", re.ASCII)
_IMAGENET = 1000  # classes, which are in the order of their WordNet ids in every such network
_SHOWN = 3


@dataclasses.dataclass(frozen=True)
class LabelMatch:
    """How labels of the data become places of logits.

    Attributes:
      by: `name` or `index`.
      logits: by label of the data; empty if the place is the label plus the offset.
      offset: added to labels of the data.
      width: how many logits there are.
      explanation: of the rule, as people read it.
    """

    by: str
    logits: tuple[int, ...]
    offset: int
    width: int
    explanation: str

    def find(self, labels: np.ndarray) -> np.ndarray:
        """The places of logits, i64[batch]; -1 for a label that has none.

        Args:
          labels: i64[batch], of the data.
        """
        import numpy as np  # only here, as that takes as long as refusing a request

        if self.logits:
            table = np.array(self.logits)
            is_known = (labels >= 0) & (labels < len(table))
            return np.where(is_known, table[np.where(is_known, labels, 0)], -1)
        found = labels + self.offset
        is_known = (labels >= 0) & (found >= 0) & (found < self.width)
        return np.where(is_known, found, -1)

    def refuse(self, label: int, picture: str) -> EvaluationError:
        """The error for a label without a logit.

        Args:
          label: of the data.
          picture: name of the picture that has it.
        """
        if self.logits and 0 <= label < len(self.logits):
            return EvaluationError(
                f"{picture} has the label {label}, the background class, which the artifact lacks: "
                "leave it out of the data"
            )
        if self.logits:
            return EvaluationError(
                f"{picture} has the label {label}, but the labels of the data have only "
                f"{count(len(self.logits), 'name')}: pass all of them with {option('labels')}"
            )
        remedy = (
            f"if the data count from 1 or have TF-Slim's background class and the artifact does "
            f"not, pass {option('label_offset', self.offset - 1)}"
            if label + self.offset == self.width
            else f"if the data count from another number, pass {option('label_offset')}; "
            "otherwise these are not the classes of the artifact"
        )
        return EvaluationError(
            f"{picture} has the label {label}, which would be logit {label + self.offset}, but the "
            f"artifact has {self.width}, from 0 to {self.width - 1}: {remedy}"
        )


def match(
    data_names: Sequence[str], names: Sequence[str], width: int, offset: int | None
) -> LabelMatch:
    """Matches labels by name if both sides have names, and by index otherwise.

    Args:
      data_names: of the data's labels, by number; empty if they have none.
      names: of the logits; empty if they have none.
      width: how many logits there are.
      offset: what the user says must be added to labels of the data; None if they do not say.

    Raises:
      RequestError: if some of the names are on one side only, or the number of named classes does
        not say which logits they are.
    """
    if offset is not None:
        return _by_index(offset, width, f"by index, as label + {offset}")
    if data_names and names:
        if all(map(_WORDNET.fullmatch, data_names)) and len(data_names) == _IMAGENET:
            return _by_order(len(data_names), names, width)
        return _by_name(data_names, names)
    if data_names:
        return _by_order(len(data_names), names, width)
    return _by_index(0, width, "by index")


def _by_index(offset: int, width: int, explanation: str) -> LabelMatch:
    return LabelMatch("index", (), offset, width, explanation)


def has_background(names: Sequence[str]) -> bool:
    """Whether the first logit is TF-Slim's background class, going by its name."""
    return bool(names) and names[0].strip().lower() in _BACKGROUND


def _by_order(classes: int, names: Sequence[str], width: int) -> LabelMatch:
    """Named classes in their order, of logits without names."""
    if classes == width:
        return _by_index(0, width, "by index: classes in the order of their names")
    is_plausible = not names and classes > 1  # one folder is as likely no class at all
    if classes == width - 1 and (has_background(names) or is_plausible):
        return _by_index(
            1, width, "by index: classes in the order of their names, after background"
        )
    raise RequestError(
        f"the data have {count(classes, 'class', 'classes')}, but the artifact has "
        f"{count(width, 'logit')}, which have no names to match: number the class folders like the "
        f"logits, or pass {option('labels')} with the names of all logits in their order"
    )


def _by_name(data_names: Sequence[str], names: Sequence[str]) -> LabelMatch:
    places = _places(names)
    missing = [name for name in data_names if _plain(name) not in places]
    is_background = len(missing) == 1 and missing[0] == data_names[0] and has_background(missing)
    if missing and not is_background:
        raise RequestError(
            f"{len(missing)} of {count(len(data_names), 'name')} of the data are not among the "
            f"labels of the artifact: {listed([*map(repr, missing)], _SHOWN)}; its labels are "
            f"{listed([*map(repr, names)], _SHOWN)}. Rename them, name the data's labels with "
            f"{option('labels')}, or match by index with {option('label_offset', 0)}"
        )
    found = tuple(places.get(_plain(name), -1) for name in data_names)
    twice = [data_names[i] for i, place in enumerate(found) if found.index(place) < i]
    if twice:
        raise RequestError(f"two labels of the data are the same class: {twice[0]!r} is the second")
    return LabelMatch("name", found, 0, len(names), "by name")


def _places(names: Sequence[str]) -> dict[str, int]:
    """Where each name is: whole, or one of several with commas between that no other class has."""
    parts = Counter(_plain(part) for name in names for part in {*name.split(",")})
    found = {
        _plain(part): place
        for place, name in enumerate(names)
        for part in name.split(",")
        if parts[_plain(part)] == 1
    }
    whole = Counter(map(_plain, names))
    return found | {_plain(n): i for i, n in enumerate(names) if whole[_plain(n)] == 1}


def _plain(name: str) -> str:
    """A name without what writers of folders change: case, and blanks as underscores."""
    return " ".join(re.sub(r"[_\s]+", " ", name.casefold()).split())
