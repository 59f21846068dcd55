"""The proof of one file: what it computes in a fresh process, beside what its artifact computes."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np

from slimhub.common.scratch import ScratchFolder
from slimhub.export.formats import agreement, runtime_client
from slimhub.export.formats.agreement import Agreement
from slimhub.export.formats.expectation import Expectation
from slimhub.export.formats.format_pictures import FormatPictures
from slimhub.export.formats.inscription import Inscription
from slimhub.export.formats.known_accuracy import KnownAccuracy


@dataclasses.dataclass(frozen=True)
class FileProof:
    """What was found.

    Attributes:
      usual: the worst of all runs, on photographs, noise and the user's pictures.
      patterns: the same on ramps and constants, which only float32 has to pass.
      complaints: why the file is refused, one phrase each; empty if the proof holds.
      milliseconds: of a call, by batch size.
      accuracy: of file and artifact, where classes of the user's pictures are known.
    """

    usual: Agreement
    patterns: Agreement
    complaints: tuple[str, ...]
    milliseconds: dict[int, float]
    accuracy: KnownAccuracy | None = None

    def to_json(self) -> dict[str, Any]:
        """As JSON data, without times: the same file has the same proof."""
        found = {"pictures": self.usual.to_json(), "patterns": self.patterns.to_json()}
        return found if self.accuracy is None else found | {"accuracy": self.accuracy.to_json()}


def prove(path: Path, expected: Expectation, inscription: Inscription) -> FileProof:
    """Runs a file in the runtime that users have, and compares.

    Args:
      path: of the file.
      expected: what it has to be.
      inscription: what it has to say about itself.

    Raises:
      ExportError: if the runtime cannot run it.
    """
    with ScratchFolder() as scratch:
        images, answers = Path(scratch, "images.npy"), Path(scratch, "answers.npy")
        np.save(images, expected.pictures.images)
        found = runtime_client.work("run", file=str(path), images=str(images), answers=str(answers))
        runs = np.load(answers)
    usual, patterns = (
        _worst(runs[:, part], expected.answers[part], expected.is_classification)
        for part in _parts(expected.pictures)
    )
    complaints = list(_said(found, expected, inscription)) + expected.floor.complaints(usual)
    if not np.isfinite(runs).all():
        complaints = ["it answers NaN or infinity to some pictures", *complaints]
    if expected.floor.difference is not None and not complaints:
        complaints = expected.floor.complaints(patterns)
    times = {int(batch): time for batch, time in found["milliseconds"].items()}
    return FileProof(usual, patterns, tuple(complaints), times, _accuracy(runs, expected))


def _accuracy(runs: np.ndarray, expected: Expectation) -> KnownAccuracy | None:
    classes = expected.classes
    if classes is None:
        return None
    own = expected.pictures.place_of_own
    of_file = (runs[:, own].argmax(-1) == classes.places).mean(-1)
    of_artifact = (expected.answers[own].argmax(-1) == classes.places).mean()
    return KnownAccuracy(
        data=classes.data,
        pictures=len(classes.places),
        artifact=float(of_artifact),
        file=float(of_file.min()),
        labels=classes.explanation,
    )


def _parts(pictures: FormatPictures) -> tuple[slice, slice]:
    border = len(pictures.images) - pictures.patterns
    return slice(0, border), slice(border, None)


def _worst(runs: np.ndarray, expected: np.ndarray, is_classification: bool) -> Agreement:
    first, *others = (
        agreement.measure(run, expected, is_classification=is_classification) for run in runs
    )
    for other in others:
        first = first.worst(other)
    return first


def _said(found: dict[str, Any], expected: Expectation, inscription: Inscription) -> list[str]:
    """Complaints about names, shape and metadata."""
    said = []
    if found["inputs"] != [expected.input] or found["outputs"] != [expected.output]:
        said.append(
            f"its signature is {', '.join(found['inputs'])} -> {', '.join(found['outputs'])}, not "
            f"{expected.input} -> {expected.output}"
        )
    size = expected.image_size
    if found["input_shape"] != [size, size, 3]:
        said.append(f"it takes images of shape {found['input_shape']}, not {[size, size, 3]}")
    if found["inscription"] is None:
        said.append("it has no metadata")
    else:
        read = Inscription.from_json(found["inscription"])
        said += [f"in its metadata, {text}" for text in read.differences(inscription)]
    return said
