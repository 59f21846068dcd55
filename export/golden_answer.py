"""A known input and the network's answer, so that a copy can be checked later."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from slimhub.export.record_parts import GoldenInput, GoldenOutput, RecordedGolden
from slimhub.export.savedmodel import exact_answer, graphs
from slimhub.nets import NetworkSpec, size_notation

OUTPUT = "assets.extra/golden_output.npy"  # inside the artifact, f32[batch, width]
_BATCH = 1  # images
_GENERATOR = "numpy.random.RandomState(0).uniform(0, 1, shape).astype('float32')"


def images(shape: Sequence[int]) -> np.ndarray:
    """The input: noise f32[shape] in [0, 1], the same on every machine."""
    return np.random.RandomState(0).uniform(0, 1, shape).astype(np.float32)


def is_input_shape(shape: Sequence[int]) -> bool:
    """Whether a shape is one that `write` records: a few images as large as options allow."""
    return (
        len(shape) == 4
        and shape[0] == _BATCH
        and all(0 < side <= size_notation.LARGEST for side in shape[1:])
        and math.prod(shape) <= size_notation.MOST_NUMBERS
    )


def rounding(output: np.ndarray, nudged: np.ndarray) -> float:
    """How much the last bit of every pixel changes an output, relative to its largest magnitude.

    Other kernels may round that much; in deep untrained networks it is a lot.

    Args:
      output: the answer to some images.
      nudged: the answer to the `nudge` of these images.
    """
    return float(np.abs(nudged - output).max()) / (float(np.abs(output).max()) or 1.0)


def nudge(batch: np.ndarray) -> np.ndarray:
    """Images whose values are all the next larger ones that float32 has."""
    nudged: np.ndarray = np.nextafter(batch, np.float32(2))
    return nudged


def write(folder: Path, spec: NetworkSpec, built: graphs.Graphs) -> RecordedGolden:
    """Writes the output of inference into an artifact.

    Args:
      folder: the artifact.
      spec: the network.
      built: its graphs, with the variables filled.

    Returns:
      Generator and digests of input and output. Both are the same on every machine, unless a custom
      network computes something for which there is no double precision.
    """
    batch = images([_BATCH, *spec.image_shape])
    answer = exact_answer.rounded(_answer(built, batch))
    path = folder / OUTPUT
    path.parent.mkdir(exist_ok=True)
    np.save(path, answer, allow_pickle=False)
    return RecordedGolden(
        input=GoldenInput(generator=_GENERATOR, shape=tuple(batch.shape), sha256=digest(batch)),
        output=GoldenOutput(
            file=OUTPUT,
            shape=tuple(answer.shape),
            sha256=digest(answer),
            largest=float(np.abs(answer).max()),
            # An exact sum, since numpy's own depends on the processor.
            mean=math.fsum(answer.ravel().tolist()) / max(answer.size, 1),
        ),
    )


def _answer(built: graphs.Graphs, batch: np.ndarray) -> np.ndarray:
    import tensorflow as tf

    try:
        return exact_answer.compute(built.inference, graphs.DEFAULT_KEY, batch)
    except ValueError:
        found: np.ndarray = built.infer(tf.constant(batch)).numpy()
        return found


def digest(array: np.ndarray) -> str:
    """Hex sha256 of the bytes of an array."""
    return hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()
