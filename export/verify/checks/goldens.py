"""The golden answer that an artifact carries. Imports TensorFlow."""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
import tensorflow as tf

from slimhub.common import foreign_files
from slimhub.export import golden_answer
from slimhub.export.record import PATH, Record
from slimhub.export.verify.checks import differences
from slimhub.export.verify.checks.evidence import Evidence
from slimhub.export.verify.proof import Check
from slimhub.export.verify.reference.artifact import Artifact

_AREA, _NAME = "goldens", "output for known images"
_BOUND = differences.Bound(1e-4, "kernels of other processors and releases round differently")


class Goldens:
    """Checks the answer to images that anyone can reproduce."""

    def __init__(self, wait: Callable[[], Record | None]) -> None:
        """Initializes.

        Args:
          wait: returns the record once it has the answer.
        """
        self._wait = wait

    def examine(self, artifact: Artifact, evidence: Evidence) -> None:
        """Compares the output for the golden images with the one computed by the export.

        Args:
          artifact: any.
          evidence: receives the check.
        """
        record = self._wait()
        with evidence.of(_AREA, _NAME):
            evidence.add(_check(artifact, record))


def _check(artifact: Artifact, record: Record | None) -> Check:
    golden = record.golden if record else None
    if golden is None:
        return Check(_AREA, _NAME, "not run", f"{PATH} does not record an answer")
    try:
        content = foreign_files.read(artifact.folder / golden_answer.OUTPUT)
        expected = np.load(io.BytesIO(content), allow_pickle=False)
    except (OSError, ValueError, MemoryError) as error:
        return Check(_AREA, _NAME, "failed", f"cannot read {golden_answer.OUTPUT}: {error}")
    if not golden_answer.is_input_shape(golden.input.shape):
        return Check(
            _AREA, _NAME, "failed", f"the record asks for images of shape {golden.input.shape}"
        )
    images = golden_answer.images(golden.input.shape)
    digests = {"input": golden.input.sha256, "output": golden.output.sha256}
    for what, array in (("input", images), ("output", expected)):
        if golden_answer.digest(array) != digests[what]:
            return Check(
                _AREA, _NAME, "failed", f"the {what} does not match the record: its sha256 differs"
            )
    found, nudged = (
        artifact.loaded(tf.constant(batch)).numpy()
        for batch in (images, golden_answer.nudge(images))
    )
    # Measured here: a record could claim any.
    bound = differences.amplified(_BOUND, golden_answer.rounding(found, nudged))
    compared = differences.compare(_AREA, _NAME, {"default": found}, {"default": expected}, bound)
    return compared.check
