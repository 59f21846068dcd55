"""Evaluates the sample with many workers, and on many pictures.

    python -m scripts.evaluation_runs workers [--workers 1 2 8]
    python -m scripts.evaluation_runs memory [--pictures 100000]

`workers` evaluates the held-out digits in 24 shards: in this process, with each number of workers,
with one of them killed after the first shard, and twice with an interruption between. Each line
has the seconds, the shards that were computed, and the digest of all sums, which has to be that of
the first line. Takes five minutes on two cores, nearly all of it in the start of workers.

`memory` evaluates a TFRecord file of as many small JPEG files in this process, and prints the
resident memory in MB after each tenth of them. The exit code is 1 if it grows by more than 5 %
after the first tenth. 100,000 pictures take two minutes on two cores.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil

from scripts import digits, train_digits
from slimhub.cli.argument_refusals import RefusingParser
from slimhub.common import quiet_tensorflow

if TYPE_CHECKING:
    from slimhub.evaluate.totals import Totals

_SHARD = 15  # digits
_SAMPLE = Path(__file__).resolve().parent.parent / "samples" / f"{train_digits.ARCHIVE}.tgz"
_GROWTH = 1.05  # of memory that is accepted as flat
_TENTHS = 10


def workers(folder: Path, numbers: list[int]) -> bool:
    """Compares the sums of all ways to compute them.

    Args:
      folder: scratch.
      numbers: of workers.

    Returns:
      Whether all are the same.
    """
    from slimhub.evaluate.datasets import record_files

    record_files.SHARD = _SHARD  # of which each worker is told with its task
    artifact, data = _export(folder), _write_records(folder / "digits.tfrecord", _files())
    print(f"{'':32}{'seconds':>8}{'shards':>8}  sums")
    found = [_run("this process", artifact, data)]
    for number in numbers:
        name = f"{number} workers"
        found.append(_run(name, artifact, data, jobs=number))
        found.append(_run(f"{name}, one killed", artifact, data, _Once(_kill), jobs=number))
        _run(f"{name}, interrupted", artifact, data, _Once(_interrupt), jobs=number)
        found.append(_run(f"{name}, again", artifact, data, jobs=number))
    return len(set(found)) == 1


class _Once:
    """Does something after the first shard that is computed."""

    def __init__(self, act: Callable[[], None]) -> None:
        self._act: Callable[[], None] | None = act

    def __call__(self, done: int) -> None:
        if done >= _SHARD and self._act is not None:
            act, self._act = self._act, None
            act()


def _kill() -> None:
    for process in psutil.Process().children(recursive=True):
        if "spawn_main" in " ".join(process.cmdline()):
            process.kill()
            return
    raise RuntimeError("there is no worker to kill")


def _interrupt() -> None:
    raise KeyboardInterrupt


def _run(
    name: str,
    artifact: Path,
    data: Path,
    act: Callable[[int], None] = lambda done: None,
    **options: Any,
) -> str:
    """Evaluates once, and prints a line; returns the digest of the sums."""
    begun, steps = time.perf_counter(), []

    def look(done: int) -> None:
        steps.append(done)
        act(done)

    try:
        totals = _evaluate(artifact, data, look, **options)
        text = json.dumps(totals.to_json(), sort_keys=True)
        said = hashlib.sha256(text.encode()).hexdigest()[:16]
    except KeyboardInterrupt as interrupt:
        said = str(interrupt).partition(":")[0]
    print(f"{name:32}{time.perf_counter() - begun:8.1f}{len(steps):8}  {said}", flush=True)
    return said


def _evaluate(
    artifact: Path, data: Path, on_pictures: Callable[[int], None], **options: Any
) -> Totals:
    from slimhub.evaluate import EvaluationRequest, evaluation
    from slimhub.evaluate.models import model_source

    request = EvaluationRequest(str(artifact), str(data), preprocessing="resize", **options)
    with model_source.opened(str(artifact)) as model:
        return evaluation.measure(
            model, request.dataset(), request, lambda done, total: on_pictures(done)
        ).totals


def memory(folder: Path, pictures: int) -> bool:
    """Prints the memory of this process while it evaluates.

    Args:
      folder: scratch.
      pictures: how many.

    Returns:
      Whether it stays the same after the first tenth.
    """
    artifact = _export(folder)
    data = _write_records(
        folder / "digits.tfrecord", itertools.islice(itertools.cycle(_files()), pictures)
    )
    step = pictures // _TENTHS
    process, curve = psutil.Process(), []
    print(f"{'pictures':>10}{'MB':>10}")

    def look(done: int) -> None:
        if done >= step * (len(curve) + 1):
            curve.append(process.memory_info().rss / 1e6)
            print(f"{done:10,}{curve[-1]:10.1f}", flush=True)

    _evaluate(artifact, data, look)
    return max(curve) <= _GROWTH * curve[0]


def _export(folder: Path) -> Path:
    artifact = folder / "artifact"
    command = [sys.executable, "-m", "slimhub", "export", train_digits.NETWORK, "--proof=none"]
    command += [f"--checkpoint={_SAMPLE}", "--task=classification", f"--output={artifact}"]
    command += [f"--{name}={value}" for name, value in train_digits.OPTIONS.items()]
    subprocess.run(command, check=True, capture_output=True)
    return artifact


def _files() -> list[tuple[bytes, int]]:
    """The held-out digits as JPEG files, with their labels."""
    import tensorflow as tf

    data = digits.load(train_digits.OPTIONS["image_size"])
    pictures = tf.image.convert_image_dtype(data.test_images, tf.uint8, saturate=True)
    files = [tf.io.encode_jpeg(picture).numpy() for picture in pictures]
    return list(zip(files, data.test_labels.tolist(), strict=True))


def _write_records(path: Path, files: Any) -> Path:
    """Writes pictures and labels to a file as TF-Slim's tools do."""
    import tensorflow as tf

    with tf.io.TFRecordWriter(str(path)) as writer:
        for file, label in files:
            features = {
                "image/encoded": tf.train.Feature(bytes_list=tf.train.BytesList(value=[file])),
                "image/class/label": tf.train.Feature(int64_list=tf.train.Int64List(value=[label])),
            }
            example = tf.train.Example(features=tf.train.Features(feature=features))
            writer.write(example.SerializeToString())
    return path


def main() -> int:
    """Measures and prints; exit code 1 if sums differ, or memory grows."""
    parser = RefusingParser(description=__doc__.splitlines()[0])
    parser.add_argument("subject", choices=("workers", "memory"))
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2, 8])
    parser.add_argument("--pictures", type=int, default=100_000)
    arguments = parser.parse_args()
    if min(arguments.workers) < 1 or arguments.pictures < _TENTHS:
        parser.error("at least 1 worker and 10 pictures")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    quiet_tensorflow.tensorflow()
    with tempfile.TemporaryDirectory() as scratch:
        if arguments.subject == "workers":
            is_fine = workers(Path(scratch), arguments.workers)
        else:
            is_fine = memory(Path(scratch), arguments.pictures)
    return 0 if is_fine else 1


if __name__ == "__main__":
    sys.exit(main())
