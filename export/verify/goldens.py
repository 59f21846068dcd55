"""The golden answer that an artifact carries. Imports TensorFlow."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from export import goldens, record
from export.verify import differences
from export.verify.artifact import Artifact
from export.verify.proof import Check

_AREA, _NAME = "goldens", "output for known images"
_BOUND = differences.Bound(1e-4, "other processors and releases have kernels that round otherwise")


def check(artifact: Artifact) -> Check:
    """Compares the output for the golden images with the one that the export computed.

    Args:
      artifact: any.
    """
    golden = (artifact.record or {}).get("golden")
    if golden is None:
        return Check(_AREA, _NAME, "not run", f"no answer is recorded in {record.PATH}")
    try:
        expected = np.load(artifact.folder / goldens.OUTPUT, allow_pickle=False)
    except (OSError, ValueError) as error:
        return Check(_AREA, _NAME, "failed", f"{goldens.OUTPUT} cannot be read: {error}")
    found = artifact.loaded(tf.constant(goldens.images(golden["input"]["shape"])))
    compared = differences.compare(
        _AREA, _NAME, {"default": found.numpy()}, {"default": expected}, _BOUND
    )
    return compared.check
