"""A known input and what the network answers, so that a copy can be checked later."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np

from export import graphs
from nets import NetworkSpec

SEED = 0
_BATCH = 2  # images
_GENERATOR = "numpy.random.RandomState(0).uniform(0, 1, shape).astype('float32')"


def images(spec: NetworkSpec) -> np.ndarray:
    """The input: noise f32[2, size, size, 3] in [0, 1], the same on every machine."""
    shape = (_BATCH, spec.image_size, spec.image_size, 3)
    return np.random.RandomState(SEED).uniform(0, 1, shape).astype(np.float32)


def compute(spec: NetworkSpec, built: graphs.Graphs) -> dict[str, Any]:
    """Digests of the input and of the output of inference, as JSON.

    The output's digest is of the bytes that this machine computes: other processors and
    releases round otherwise, so its largest magnitude and mean are there as well.

    Args:
      spec: the network.
      built: its graphs, the variables filled.
    """
    import tensorflow as tf

    batch = images(spec)
    output = built.inference(tf.constant(batch))[graphs.DEFAULT_KEY].numpy()
    return {
        "input": {"generator": _GENERATOR, "shape": list(batch.shape), "sha256": _sha256(batch)},
        "output": {
            "shape": list(output.shape),
            "sha256": _sha256(output),
            "largest": float(np.abs(output).max()),
            "mean": float(output.mean()),
        },
    }


def _sha256(array: np.ndarray) -> str:
    return hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()
