"""The golden answer that an artifact carries. Imports TensorFlow."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import tensorflow as tf

from slimhub.export import golden_answer
from slimhub.export.record import PATH, Record
from slimhub.export.verify.checks import differences
from slimhub.export.verify.checks.evidence import Evidence
from slimhub.export.verify.proof import Check
from slimhub.export.verify.reference.artifact import Artifact

_AREA, _NAME = "goldens", "output for known images"
_BOUND = differences.Bound(1e-4, "other processors and releases have kernels that round otherwise")


class Goldens:
    """The answer to images that anyone can make again."""

    def __init__(self, wait: Callable[[], Record | None]) -> None:
        """Gets ready.

        Args:
          wait: gives the record, when it has the answer.
        """
        self._wait = wait

    def examine(self, artifact: Artifact, evidence: Evidence) -> None:
        """Compares the output for the golden images with the one that the export computed.

        Args:
          artifact: any.
          evidence: takes the check.
        """
        record = self._wait()
        with evidence.of(_AREA, _NAME):
            evidence.add(_check(artifact, record))


def _check(artifact: Artifact, record: Record | None) -> Check:
    golden = record.golden if record else None
    if golden is None:
        return Check(_AREA, _NAME, "not run", f"no answer is recorded in {PATH}")
    try:
        expected = np.load(artifact.folder / golden_answer.OUTPUT, allow_pickle=False)
    except (OSError, ValueError) as error:
        return Check(_AREA, _NAME, "failed", f"{golden_answer.OUTPUT} cannot be read: {error}")
    images = golden_answer.images(golden.input.shape)
    digests = {"input": golden.input.sha256, "output": golden.output.sha256}
    for what, array in (("input", images), ("output", expected)):
        if golden_answer.digest(array) != digests[what]:
            return Check(
                _AREA, _NAME, "failed", f"the {what} is not that of the record: its sha256 differs"
            )
    found = artifact.loaded(tf.constant(images))
    bound = differences.amplified(_BOUND, golden.output.rounding or 0.0)
    compared = differences.compare(
        _AREA, _NAME, {"default": found.numpy()}, {"default": expected}, bound
    )
    return compared.check
