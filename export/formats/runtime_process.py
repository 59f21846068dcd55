"""A fresh process that runs or quantizes a file: it never imports TensorFlow."""

from __future__ import annotations

import os
import sys
import time
import traceback
from pathlib import Path
from typing import Any

import numpy as np

from slimhub.common import foreign_files
from slimhub.common.json_process import read_message, when_input_ends, write_message
from slimhub.export.formats import file_formats
from slimhub.export.formats.loaded_file import LoadedFile

BATCHES = (1, 8)
_TIMED = 15  # calls, of which the median counts
_SECONDS = 2.0  # the longest to time one file and batch


def main() -> None:
    """Does one piece of work that stdin describes, and writes the outcome to stdout."""
    answer = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # libraries print to stdout
    request = read_message(sys.stdin)
    if request is None:
        return
    when_input_ends(lambda: os._exit(1))  # whoever asked is gone; what is written is theirs
    try:
        work = {"run": run, "quantize": quantize}[request.pop("work")]
        message = work(**request)
    except Exception as error:
        first = (str(error).strip() or type(error).__name__).splitlines()[0]
        message = {"error": first[:300], "traceback": traceback.format_exc()}
    write_message(answer, message)


def run(*, file: str, images: str, answers: str) -> dict[str, Any]:
    """Runs a file on images, one and eight at a time, optimized and not.

    Args:
      file: path.
      images: path of an array f32[count, size, size, 3].
      answers: path of the array to write, f32[runs, count, width].

    Returns:
      What the file says about itself, and milliseconds per call by batch.
    """
    content = foreign_files.read(Path(file), foreign_files.LARGEST_PROTO)
    pictures = np.load(images)
    module = file_formats.of_path(file).load_module()
    found, times = [], {}
    for is_optimized in (True, False):
        loaded = module.load(content, threads=_threads(), is_optimized=is_optimized)
        for batch in BATCHES:
            found.append(_in_batches(loaded, pictures, batch))
            if is_optimized:
                times[str(batch)] = _time(loaded, pictures, batch)
    np.save(answers, np.stack(found))
    inscription = loaded.inscription
    return {
        "inputs": list(loaded.inputs),
        "outputs": list(loaded.outputs),
        "input_shape": list(loaded.input_shape),
        "inscription": inscription and inscription.to_json(),
        "milliseconds": times,
    }


def quantize(**request: Any) -> dict[str, Any]:
    """See `mixed_precision.search_file`."""
    from slimhub.export.formats import mixed_precision

    return mixed_precision.search_file(threads=_threads(), **request)


def _threads() -> int:
    return min(2, os.cpu_count() or 1)


def _in_batches(loaded: LoadedFile, pictures: np.ndarray, batch: int) -> np.ndarray:
    """Answers to all pictures, in calls of the same size: the last one is filled up."""
    missing = -len(pictures) % batch
    filled = np.concatenate([pictures, pictures[:1].repeat(missing, axis=0)])
    parts = [loaded(filled[start : start + batch]) for start in range(0, len(filled), batch)]
    answers = np.concatenate(parts)[: len(pictures)]
    return answers.reshape(len(answers), -1)


def _time(loaded: LoadedFile, pictures: np.ndarray, batch: int) -> float:
    """Median milliseconds of a call."""
    images = np.ascontiguousarray(np.resize(pictures, (batch, *pictures.shape[1:])))
    loaded(images)
    times: list[float] = []
    begun = time.perf_counter()
    while len(times) < _TIMED and time.perf_counter() - begun < _SECONDS:
        start = time.perf_counter()
        loaded(images)
        times.append(time.perf_counter() - start)
    return round(1000 * float(np.median(times)), 3)
