"""A known input and what the network answers, so that a copy can be checked later."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from slimhub.export.record_parts import GoldenInput, GoldenOutput, RecordedGolden
from slimhub.export.savedmodel import graphs
from slimhub.nets import NetworkSpec

OUTPUT = "assets.extra/golden_output.npy"  # inside the artifact, f32[batch, width]
_BATCH = 1  # images
_GENERATOR = "numpy.random.RandomState(0).uniform(0, 1, shape).astype('float32')"


def images(shape: Sequence[int]) -> np.ndarray:
    """The input: noise f32[shape] in [0, 1], the same on every machine."""
    return np.random.RandomState(0).uniform(0, 1, shape).astype(np.float32)


def write(folder: Path, spec: NetworkSpec, built: graphs.Graphs) -> RecordedGolden:
    """Puts the output of inference into an artifact.

    Args:
      folder: the artifact.
      spec: the network.
      built: its graphs, the variables filled.

    Returns:
      Generator and digests of the input and the output. The output's digest is of the bytes that
      this machine computes: other processors and releases round otherwise.
    """
    import tensorflow as tf

    batch = images([_BATCH, spec.image_size, spec.image_size, 3])
    output = built.inference(tf.constant(batch))[graphs.DEFAULT_KEY].numpy()
    nudged = np.nextafter(batch, np.float32(2))
    again = built.inference(tf.constant(nudged))[graphs.DEFAULT_KEY].numpy()
    largest = float(np.abs(output).max())
    path = folder / OUTPUT
    path.parent.mkdir(exist_ok=True)
    np.save(path, output, allow_pickle=False)
    return RecordedGolden(
        input=GoldenInput(generator=_GENERATOR, shape=tuple(batch.shape), sha256=digest(batch)),
        output=GoldenOutput(
            file=OUTPUT,
            shape=tuple(output.shape),
            sha256=digest(output),
            largest=largest,
            # How much the last bit of every pixel changes it, relative to the largest: what other
            # kernels' rounding may do, and much in deep networks that are not trained.
            rounding=float(np.abs(again - output).max()) / (largest or 1.0),
            mean=float(output.mean()),
        ),
    )


def digest(array: np.ndarray) -> str:
    """Hex sha256 of the bytes of an array."""
    return hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()
