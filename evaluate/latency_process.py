"""A process that times one artifact with one number of threads."""

from __future__ import annotations

import os
import time
from pathlib import PurePath
from typing import Any

import numpy as np

from slimhub.common import work_process
from slimhub.common.json_process import Message
from slimhub.common.progress import OnPhase
from slimhub.evaluate.models import model_source
from slimhub.evaluate.models.image_model import SAVED_MODEL, ImageModel
from slimhub.export.formats import file_formats

WARM_UP = 10  # calls, or a second of them
CALLS = 100  # timed, or three seconds of them, but at least five
_WARM_UP_SECONDS, _SECONDS, _LEAST = 1.0, 3.0, 5


def main() -> None:
    """Times what stdin asks for, see `work_process.serve`."""
    work_process.serve(_work, "benchmark")


def _work(request: Message, on_phase: OnPhase) -> Message:
    artifact, threads = request["artifact"], request["threads"]
    if not is_file(artifact):
        _limit_tensorflow(threads)
    with model_source.opened(artifact, trust=request["trust"], threads=threads) as model:
        return {
            "times": [time_calls(model, batch) for batch in request["batches"]],
            "format": model.form,
            "sha256": model.sha256,
            "image_size": model.image_size,
        }


def is_file(artifact: str) -> bool:
    """Whether an artifact is a file with a runtime of its own, which TensorFlow has no part in."""
    return PurePath(artifact).suffix.lower() in file_formats.FORMATS


def _limit_tensorflow(threads: int) -> None:
    os.environ["OMP_NUM_THREADS"] = str(threads)
    from slimhub.common.quiet_tensorflow import imported

    tf = imported()
    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(threads)


def _images(model: ImageModel, batch: int) -> Any:
    """Noise as the runtime takes it, so that no call has to convert it."""
    shape = (batch, model.image_size, model.image_size, 3)
    noise = np.random.RandomState(1).uniform(0, 1, shape).astype(np.float32)
    if model.form != SAVED_MODEL:
        return noise
    import tensorflow as tf

    return tf.constant(noise)


def time_calls(model: ImageModel, batch: int) -> dict[str, float]:
    """Times calls after a warm-up.

    Args:
      model: that is called.
      batch: images in a call.

    Returns:
      `median` and `p90` of a call, milliseconds, and how many `calls` were timed.
    """
    images = _images(model, batch)
    _repeat(model, images, WARM_UP, 1, _WARM_UP_SECONDS)
    times = _repeat(model, images, CALLS, _LEAST, _SECONDS)
    return {
        "median": round(float(np.median(times)), 4),
        "p90": round(float(np.percentile(times, 90)), 4),
        "calls": len(times),
    }


def _repeat(model: ImageModel, images: Any, most: int, least: int, seconds: float) -> list[float]:
    """Milliseconds of calls, until there are enough of them or the time is over."""
    times: list[float] = []
    begun = time.perf_counter()
    while len(times) < most and (len(times) < least or time.perf_counter() - begun < seconds):
        start = time.perf_counter()
        model.answers(images)
        times.append(1000 * (time.perf_counter() - start))
    return times
