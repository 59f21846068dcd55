"""Fake-quantized inference of an artifact from a quantization-aware training.

Imports TensorFlow.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from slimhub.common.text import count
from slimhub.export.formats import agreement, frozen_nodes, trained_places, trained_reference
from slimhub.export.formats.agreement import TRAINED, Agreement
from slimhub.export.formats.convertible import Convertible
from slimhub.export.formats.expectation import Expectation
from slimhub.export.formats.frozen_nodes import FrozenNodes
from slimhub.export.formats.trained_places import MisfitError, Range, TrainedPlaces
from slimhub.nets.scaling import InputScaling

_WHAT = "fake-quantized inference of the artifact"


@dataclasses.dataclass(frozen=True)
class TrainedInference:
    """What the ranges in an artifact's record give.

    Attributes:
      nodes: of the artifact's signature.
      places: of the ranges in them.
      input_range: of the values that the first layers take.
      expected: what a file has to be: as in TensorFlow 1 with fake quantization.
      in_float: how well that agrees with the artifact itself.
    """

    nodes: FrozenNodes
    places: TrainedPlaces
    input_range: Range
    expected: Expectation
    in_float: Agreement

    def text(self) -> str:
        """For people."""
        return f"8 bits throughout, with {count(self.places.count(), 'trained range')}"

    def to_json(self) -> dict[str, Any]:
        """As JSON data."""
        return {"ranges": self.places.count(), "agreement_with_float": self.in_float.to_json()}


def infer(model: Convertible, expected: Expectation, accept: float | None) -> TrainedInference:
    """Evaluates an artifact with its trained ranges.

    Args:
      model: the artifact.
      expected: what it answers in float.
      accept: see `ConversionRequest`.

    Raises:
      MisfitError: if it has no ranges, or they do not fit.
    """
    record = model.record
    if record is None or record.ranges is None:
        raise MisfitError("the artifact's record has none")
    ranges = {place: (found.min, found.max) for place, found in record.ranges.items()}
    try:
        nodes = frozen_nodes.freeze(model.signature)
    except ValueError as error:
        raise MisfitError(f"the graph cannot be read: {error}") from error
    places = trained_places.match(nodes, ranges)
    answers = trained_reference.answers(nodes, places, expected.pictures.images)
    if not np.isfinite(answers).all():
        raise MisfitError("the network answers NaN or infinity with them")
    usual = slice(0, len(expected.pictures.usual))
    in_float = agreement.measure(
        answers[usual], expected.answers[usual], is_classification=expected.is_classification
    )
    wanted = dataclasses.replace(
        expected, answers=answers, floor=TRAINED.lowered(accept), what=_WHAT
    )
    return TrainedInference(
        nodes, places, _input_range(record.network.input_scaling), wanted, in_float
    )


def _input_range(sentence: str) -> Range:
    """Smallest and largest value that a network's input scaling makes of [0, 1]."""
    try:
        scaling = InputScaling(sentence)
    except ValueError as error:
        raise MisfitError(f"the input scaling {sentence!r:.60} is unknown") from error
    if scaling is InputScaling.STANDARDIZED:
        raise MisfitError("images are scaled by their own deviation, which has no fixed range")
    ends = [scaling.apply(np.full([1, 1, 1, 3], value, np.float32)) for value in (0, 1)]
    return float(np.min(ends)), float(np.max(ends))
