"""Latency of artifacts: each in a fresh process, so that the number of threads is its own."""

from __future__ import annotations

import dataclasses
import functools
import os
import platform
import re
from collections.abc import Sequence
from pathlib import Path

from slimhub.common import foreign_files
from slimhub.common.errors import RequestError, option
from slimhub.common.json_process import start_python
from slimhub.common.progress import OnPhase
from slimhub.common.work_client import WorkClient
from slimhub.evaluate import evaluation_record
from slimhub.evaluate.evaluation_record import Latency
from slimhub.evaluate.models import artifact_digest, model_source

BATCHES = (1, 8, 32)
_START = functools.partial(start_python, "slimhub.evaluate.latency_process")
_LARGEST = 4096
_MODEL_NAME = re.compile(r"^model name\s*:\s*(.+)$", re.MULTILINE)


@dataclasses.dataclass(frozen=True)
class Benchmark:
    """The latencies of one artifact.

    Attributes:
      artifact: as the user named it.
      format: `SavedModel`, or the name of a file's format.
      image_size: height and width, pixels.
      cpu: what it ran on.
      latencies: by threads and batch.
      path: of the evaluation record that has them now, or None.
    """

    artifact: str
    format: str
    image_size: int
    cpu: str
    latencies: tuple[Latency, ...]
    path: Path | None


def measure(
    artifacts: Sequence[str],
    batches: Sequence[int] = BATCHES,
    threads: Sequence[int] = (),
    *,
    trust: bool = False,
    on_phase: OnPhase = lambda phase: None,
) -> list[Benchmark]:
    """Measures how long calls take, and adds that to an artifact's evaluation record if it has one.

    Args:
      artifacts: folders, files or URLs, see `model_source.opened`.
      batches: images in a call.
      threads: of a call; one and all cores by default.
      trust: see `ServedModel`.
      on_phase: called with each artifact.

    Returns:
      In the order of the artifacts.

    Raises:
      RequestError: if an argument is invalid.
      ExportError, CheckpointError: if an artifact cannot be run.
    """
    cores = os.cpu_count() or 1
    threads = threads or sorted({1, cores})
    for name, values in {"batch": batches, "threads": threads}.items():
        if not values or not all(1 <= value <= _LARGEST for value in values):
            raise RequestError(f"{option(name)} must be numbers from 1 to {_LARGEST}")
    for artifact in artifacts:
        model_source.check(artifact)
    return [_measure(one, batches, threads, trust, on_phase) for one in artifacts]


def _measure(
    artifact: str, batches: Sequence[int], threads: Sequence[int], trust: bool, on_phase: OnPhase
) -> Benchmark:
    found: list[Latency] = []
    for number in threads:
        on_phase(f"timing {artifact}, {number} thread{'s' if number > 1 else ''}")
        request = {"artifact": artifact, "batches": list(batches), "threads": number}
        said = WorkClient(_START, "benchmark").ask(request | {"trust": trust}, on_phase)
        found += [
            Latency(batch=batch, threads=number, cpu=cpu(), **times)
            for batch, times in zip(batches, said["times"], strict=True)
        ]
    path = _keep(artifact, said["sha256"], tuple(found))
    return Benchmark(artifact, said["format"], said["image_size"], cpu(), tuple(found), path)


def _keep(artifact: str, sha256: str, found: tuple[Latency, ...]) -> Path | None:
    """Adds latencies to the figures of the same artifact, if there are any."""
    if model_source.is_url(artifact):
        return None
    place = model_source.local(artifact)
    record = evaluation_record.read(place)
    if record is None or artifact_digest.of(place) != sha256:
        return None
    path = evaluation_record.path_of(place)
    dataclasses.replace(record, latency=found).write(path)
    return path


@functools.cache
def cpu() -> str:
    """What this machine computes with: name of the processor, and cores; not the machine's name."""
    try:
        named = _MODEL_NAME.search(foreign_files.read_text(Path("/proc/cpuinfo")))
    except (OSError, UnicodeError):
        named = None
    name = " ".join((named[1] if named else platform.processor() or platform.machine()).split())
    return f"{name}, {os.cpu_count()} cores"
