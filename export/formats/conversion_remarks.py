"""What is said about a conversion: why a file was refused, and what its user should know.

Imports TensorFlow.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from slimhub.common.errors import option
from slimhub.common.text import listed
from slimhub.export.formats.agreement import FLOORS
from slimhub.export.formats.conversion_request import ConversionRequest
from slimhub.export.formats.convertible import Convertible
from slimhub.export.formats.expectation import Expectation
from slimhub.export.formats.file_proof import FileProof
from slimhub.export.formats.trained_inference import TrainedInference
from slimhub.export.verify.reference import distance

_SHOWN = 5  # layers named in a message


def refusal(
    proof: FileProof, expected: Expectation, model: Convertible, request: ConversionRequest
) -> str:
    """Why a file was not written, and what to do.

    Args:
      proof: which failed.
      expected: what the file had to be.
      model: the artifact.
      request: for the conversion.
    """
    lost = ""
    if request.quantize == "float16" and (layers := _worst_in_float16(model)):
        lost = f"; 16 bits change these weights most: {layers}"
    advice = "" if request.quantize == "none" else f"; {request.how_to_accept_less}"
    return (
        f"the file does not agree with {expected.what}, so nothing was written: "
        f"{'; '.join(proof.complaints)} ({proof.usual.text()}){lost}{advice}"
    )


def warnings(
    model: Convertible,
    request: ConversionRequest,
    expected: Expectation,
    trained: TrainedInference | None,
    misfit: str,
) -> Iterator[str]:
    """What the user should know about a file that was written.

    Args:
      model: the artifact.
      request: for the conversion.
      expected: what the file had to be.
      trained: with the trained ranges, if those are used.
      misfit: why they are not; empty if there are none.
    """
    if model.is_free:
        yield f"the artifact takes images of any size, the file those of {model.image_size} pixels"
    if model.is_guessed:
        yield (
            f"the output {model.output} is taken for features: say {option('task')} if it has a "
            "value for each class, so that classes are compared, too"
        )
    if expected.unknown:
        yield (
            f"accuracy is not stated: {expected.unknown}. `slimhub evaluate` measures it, and can "
            "be told how labels and classes belong together"
        )
    if misfit:
        yield f"the trained ranges are not used: {misfit}"
    if trained is not None:
        yield from trained.remarks
        floor = FLOORS[request.quantize]
        if complaints := floor.complaints(trained.in_float):
            yield (
                "with the trained ranges, TensorFlow 1 itself answers otherwise than the artifact "
                f"in float: {'; '.join(complaints)}"
            )
    elif request.needs_own_pictures:
        yield f"calibrated on crops of one photograph, which is too few: {request.how_to_calibrate}"


def _worst_in_float16(model: Convertible) -> str:
    """The layers whose weights change most when they are stored in 16 bits."""
    with np.errstate(over="ignore"):
        moved = {
            name: distance.relative(value.astype(np.float16).astype(np.float32), value)
            for name, value in model.layers().items()
        }
    order = sorted(moved, key=lambda name: -moved[name])
    return listed([f"{name} ({moved[name]:.2g})" for name in order[:_SHOWN]], _SHOWN)
