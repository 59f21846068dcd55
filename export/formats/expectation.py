"""What an artifact answers, and how near a file of it has to come. Imports TensorFlow."""

from __future__ import annotations

import dataclasses

import numpy as np

from slimhub.common import paths
from slimhub.common.errors import ExportError
from slimhub.export.formats import format_pictures, true_classes
from slimhub.export.formats.agreement import Floor
from slimhub.export.formats.convertible import Convertible
from slimhub.export.formats.format_pictures import FormatPictures
from slimhub.export.formats.true_classes import TrueClasses, UnknownClassesError
from slimhub.export.verify.reference import distance


@dataclasses.dataclass(frozen=True)
class Expectation:
    """What a file has to be.

    Attributes:
      input: name of its input.
      output: name of its output.
      image_size: height and width, pixels.
      pictures: to compare on.
      answers: of the artifact, f32[pictures, width].
      is_classification: whether they are logits.
      floor: what is accepted.
      what: answered so, for messages.
      classes: that the user's pictures show, where their labels say so.
      unknown: why the classes are not known, though the pictures seem to have labels; or empty.
    """

    input: str
    output: str
    image_size: int
    pictures: FormatPictures
    answers: np.ndarray
    is_classification: bool
    floor: Floor
    what: str = "the artifact"
    classes: TrueClasses | None = None
    unknown: str = ""


def expect(model: Convertible, floor: Floor, *, calibration: str | None = None) -> Expectation:
    """Has an artifact answer.

    Args:
      model: the artifact.
      floor: what is accepted; a difference is raised to what rounding can do in deep networks.
      calibration: pictures of a user, see `format_pictures.read`.

    Raises:
      RequestError: if pictures cannot be read.
      ExportError: if the artifact cannot be run, or answers NaN.
    """
    pictures = format_pictures.read(model.image_size, calibration)
    answers = model.answers(pictures.images)
    if not np.isfinite(answers).all():
        raise ExportError(f"{model.folder.name} answers NaN or infinity: nothing can agree with it")
    if floor.difference is not None:
        moved = model.answers(pictures.images * np.float32(1 + distance.LAST_BIT))
        rounding = distance.ROUNDINGS * distance.relative(moved, answers)
        floor = dataclasses.replace(floor, difference=max(floor.difference, rounding))
    classes, unknown = _classes(model, pictures, answers, calibration)
    return Expectation(
        model.input,
        model.output,
        model.image_size,
        pictures,
        answers,
        model.is_classification,
        floor,
        classes=classes,
        unknown=unknown,
    )


def _classes(
    model: Convertible, pictures: FormatPictures, answers: np.ndarray, calibration: str | None
) -> tuple[TrueClasses | None, str]:
    """The classes of a user's pictures, or why they are not known."""
    if not model.is_classification or calibration is None:
        return None, ""
    own, data = answers[pictures.place_of_own], paths.resolved(paths.expanded(calibration)).name
    try:
        return true_classes.find(pictures.labels, data, model.read_labels(), own), ""
    except UnknownClassesError as error:
        return None, str(error)
