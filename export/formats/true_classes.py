"""Which class each of a user's pictures shows, if that is certain. Says why where it is not."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Sequence

import numpy as np

from slimhub.common.errors import RequestError
from slimhub.common.text import count, listed
from slimhub.export import label_diagnosis, label_match
from slimhub.export.formats import picture_labels
from slimhub.export.formats.picture_labels import PictureLabels

_SHOWN = 3


@dataclasses.dataclass(frozen=True)
class TrueClasses:
    """The classes of pictures.

    Attributes:
      places: of logits, i64[pictures].
      data: what the user calls the pictures, without the folders above.
      explanation: how labels and logits were matched, as people read it.
    """

    places: np.ndarray
    data: str
    explanation: str


class UnknownClassesError(Exception):
    """Says why labels cannot be used."""


def find(
    labels: PictureLabels, data: str, names: Sequence[str], answers: np.ndarray
) -> TrueClasses | None:
    """Matches labels of data with the classes of an artifact, as `slimhub evaluate` does.

    What that shows to its user, and is guessed here, is refused: nobody may look at a file again.

    Args:
      labels: of some pictures.
      data: see `TrueClasses`.
      names: of the artifact's classes; empty if they have none.
      answers: of the artifact to these pictures, f32[pictures, classes].

    Returns:
      None if the pictures have no labels.

    Raises:
      UnknownClassesError: if labels are not classes of the artifact, are of one class only, or are
        guessed to be, or another match of both fits its answers much better.
    """
    if labels.problem:
        raise UnknownClassesError(labels.problem)
    if not labels.numbers:
        return None
    width = answers.shape[1]
    try:
        match = label_match.match(labels.names, names, width, None)
    except RequestError as error:
        shown = listed([*map(repr, labels.names)], _SHOWN)
        raise UnknownClassesError(
            f"the labels of the data ({shown}) cannot be matched with the {width} classes of the "
            "artifact"
        ) from error
    if match.by == "index" and match.offset and not names:
        raise UnknownClassesError(
            f"the data have {count(len(labels.names), 'class', 'classes')} and the artifact has "
            f"{width} without names, of which the first may be the background or not"
        )
    numbers = np.array(labels.numbers, np.int64)
    if missing := int((numbers == picture_labels.NONE).sum()):
        raise UnknownClassesError(f"{missing} of {count(len(numbers), 'picture')} without a label")
    places = match.find(numbers)
    if (places < 0).any():
        unknown = numbers[places < 0]
        raise UnknownClassesError(
            f"the label {unknown[0]} of the data is not one of the {width} classes of the artifact"
        )
    if len({*places.tolist()}) < 2:
        raise UnknownClassesError(
            "all pictures are of one class: an artifact that always answers the same has all "
            "of them right, or none"
        )
    pairs = Counter(zip(places.tolist(), answers.argmax(1).tolist(), strict=True))
    if diagnosis := label_diagnosis.diagnose(pairs, match):
        raise UnknownClassesError(
            f"the labels seem to be matched wrongly: with them top-1 is {diagnosis.accuracy:.1%}, "
            f"with another match {diagnosis.other:.1%}"
        )
    if chance := label_diagnosis.note_of_chance(pairs, width):
        raise UnknownClassesError(chance)
    return TrueClasses(places, data, match.explanation)
