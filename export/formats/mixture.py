"""Which layers are stored in integers, and the search for them as its caller sees it."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Any

from slimhub.common import foreign_files
from slimhub.common.errors import ExportError
from slimhub.common.scratch import ScratchFolder
from slimhub.common.text import count, listed
from slimhub.export.formats import file_formats

if TYPE_CHECKING:
    from slimhub.export.formats.conversion_request import ConversionRequest
    from slimhub.export.formats.expectation import Expectation

_SHOWN = 5  # layers named in a message
_CALL = "StatefulPartitionedCall/"


@dataclasses.dataclass(frozen=True)
class PictureUse:
    """Pictures that set ranges, and decided which layers stay in float.

    Attributes:
      own: how many of the user's.
      found: how many the user has; None if they were not counted.
      proof: how many of the proof's.
      sampled: on how many of them, evenly spaced, single layers are measured.
    """

    own: int
    found: int | None
    proof: int
    sampled: int

    def text(self) -> str:
        """For people."""
        used = f"{count(self.proof, 'picture')} of the proof"
        if self.own:
            own = f"{count(self.own, 'picture')} of yours"
            if self.found is not None and self.found > self.own:
                own = f"{self.own} of your {self.found} pictures"
            used = f"{own} and {self.proof} of the proof"
        return f"{used}; single layers on {self.sampled} of them, evenly spaced"


@dataclasses.dataclass(frozen=True)
class Mixture:
    """Layers by precision.

    Attributes:
      integers: how many operations compute in 8 bits.
      weights: how many others store their weights in 8 bits, and compute in float.
      floats: names of the operations that stay in float, the most sensitive first.
      losses: 1 minus the cosine that remains when one operation alone is quantized, of the most
        sensitive ones among those that can be.
      pictures: that decided.
    """

    integers: int
    weights: int
    floats: tuple[str, ...]
    losses: dict[str, float]
    pictures: PictureUse

    def to_json(self) -> dict[str, Any]:
        """As JSON data."""
        return dataclasses.asdict(self)

    def text(self) -> str:
        """For people."""
        parts = []
        if self.integers:
            parts.append(f"{count(self.integers, 'operation')} in 8 bits")
        parts.append(f"{count(self.weights, 'layer')} with 8-bit weights alone")
        parts.append(f"{len(self.floats)} in float")
        return ", ".join(parts)

    def shown(self) -> str:
        """The first of those in float, by the first of the names that LiteRT fused."""
        return listed([short_name(name) for name in self.floats], _SHOWN)


def short_name(name: str) -> str:
    """An operation by the first of the names that LiteRT fused into its own, without calls.

    Args:
      name: all of them, with semicolons, each with the calls that TensorFlow put before it.
    """
    return name.partition(";")[0].rpartition(_CALL)[2]


def search(
    content: bytes, expected: Expectation, request: ConversionRequest
) -> tuple[bytes, Mixture]:
    """Quantizes a file, but for the layers that cost too much agreement.

    Args:
      content: a file of the request's format in float.
      expected: what it has to agree with, and how well; its pictures calibrate.
      request: for `int8_weights` or `int8`.

    Returns:
      The quantized file, and which layers are what.

    Raises:
      ExportError: if hardly anything can be quantized.
    """
    import numpy as np

    from slimhub.export.formats import runtime_client

    quantize, usual = request.quantize, expected.pictures.usual
    suffix = file_formats.of_path(request.output).suffix
    with ScratchFolder() as scratch:
        file, target, images, answers = (
            Path(scratch, name)
            for name in (f"file{suffix}", f"target{suffix}", "images.npy", "answers.npy")
        )
        file.write_bytes(content)
        np.save(images, usual)
        np.save(answers, expected.answers[: len(usual)])
        found = runtime_client.work(
            "quantize",
            file=str(file),
            target=str(target),
            images=str(images),
            answers=str(answers),
            quantize=quantize,
            floor=dataclasses.asdict(expected.floor),
            is_classification=expected.is_classification,
        )
        quantized = foreign_files.read(target, foreign_files.LARGEST_PROTO)
    pictures = expected.pictures
    sampled, failure = found.pop("sampled"), found.pop("failure")
    used = PictureUse(pictures.own, pictures.found, len(usual) - pictures.own, sampled)
    mixture = Mixture(**{**found, "floats": tuple(found["floats"])}, pictures=used)
    if not mixture.integers and (quantize == "int8" or not mixture.weights):
        raise ExportError(_refusal(mixture, failure, request))
    return quantized, mixture


def _refusal(mixture: Mixture, failure: str, request: ConversionRequest) -> str:
    if failure:
        return (
            f"no layer can be stored as {request.quantize}, so nothing was written: the quantizer "
            f"fails with {failure!r}; choose another quantization, or install another release of "
            "the library"
        )
    losses = mixture.losses
    worst = sorted(losses, key=lambda name: -losses[name])[:_SHOWN]
    shown = listed([f"{short_name(name)} ({1 - losses[name]:.3f})" for name in worst], _SHOWN)
    return (
        f"no layer can be stored as {request.quantize} without falling below what is accepted, so "
        f"nothing was written; cosine with one layer alone: {shown}; choose another quantization; "
        f"{request.how_to_accept_less}"
    )
