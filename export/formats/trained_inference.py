"""Fake-quantized inference of an artifact from a quantization-aware training.

Imports TensorFlow.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from slimhub.common.text import count, listed
from slimhub.export.formats import (
    agreement,
    frozen_nodes,
    trained_graph,
    trained_places,
    trained_reference,
)
from slimhub.export.formats.agreement import TRAINED, Agreement
from slimhub.export.formats.convertible import Convertible
from slimhub.export.formats.expectation import Expectation
from slimhub.export.formats.frozen_nodes import FrozenNodes
from slimhub.export.formats.trained_places import MisfitError, Range, TrainedPlaces
from slimhub.nets.scaling import InputScaling

_TIMES = 8  # how much wider or narrower than the weights their range may be
_MOST = 0.5  # of the layers, whose ranges may be others than those of their weights
_SHOWN = 3
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
      remarks: what the user should know about the ranges.
    """

    nodes: FrozenNodes
    places: TrainedPlaces
    input_range: Range
    expected: Expectation
    in_float: Agreement
    remarks: tuple[str, ...] = ()

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
    remarks = _check_weights(nodes, places)
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
        nodes, places, _input_range(record.network.input_scaling), wanted, in_float, remarks
    )


def _check_weights(nodes: FrozenNodes, places: TrainedPlaces) -> tuple[str, ...]:
    """Refuses ranges of weights if most are not those of the weights.

    Training takes them from the weights in each step. Until quantization begins, after a
    `quant_delay`, they are a constant that has nothing to do with them. Single ones may differ: the
    weights are folded with the moving statistics, and training may have used those of a batch.

    Returns:
      A remark that names the layers of single ones, if there are any.
    """
    others = []
    for name, ends in places.weights.items():
        weights, _ = trained_graph.fold(nodes, name)
        largest, trained = float(np.abs(weights).max()), max(-ends[0], ends[1])
        if largest and not largest / _TIMES <= trained <= largest * _TIMES:
            others.append(f"{name} reach {largest:.2g}, with [{ends[0]:.2g}, {ends[1]:.2g}]")
    shown = f"{listed(others, _SHOWN)} (of {count(len(places.weights), 'layer')})"
    if len(others) > _MOST * len(places.weights):
        raise MisfitError(
            f"most ranges of weights are not theirs: those of {shown}; training ended before it "
            "quantized, or has other weights"
        )
    if not others:
        return ()
    return (
        f"trained ranges that are much wider or narrower than the weights: those of {shown}; look "
        "at the agreement with float",
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
