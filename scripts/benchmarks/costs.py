"""Costs of whole processes, medians, and what they depend on."""

from __future__ import annotations

import dataclasses
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

NETWORK = "mobilenet_v3_small_075_224"
_SHOWN = 2000  # characters of a failed process's output to show
# Adopts what a command leaves behind, with prctl's PR_SET_CHILD_SUBREAPER: the parts of a proof are
# killed with the process that started them, so that the system counts their time nowhere else.
_MEASURING_PROGRAM = """
import contextlib, ctypes, json, os, resource, subprocess, sys, time

with contextlib.suppress(AttributeError):  # Linux' own
    ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)
start = time.perf_counter()
process = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL)
process.wait()
seconds = time.perf_counter() - start
if process.returncode:
    sys.exit(1)
with contextlib.suppress(ChildProcessError):
    while True:
        os.wait()
usage = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps([seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024]))
"""


@dataclasses.dataclass(frozen=True)
class Cost:
    """What one process cost.

    Attributes:
      seconds: of wall time.
      cpu: seconds of user and system time, of all processes that it started.
      megabytes: peak resident memory of the largest of these processes.
    """

    seconds: float
    cpu: float
    megabytes: float


def measure(command: Sequence[str]) -> Cost:
    """Runs a command in a separate process.

    Raises:
      RuntimeError: if it fails; the message ends with its stderr.
    """
    program = [sys.executable, "-c", _MEASURING_PROGRAM, *command]
    finished = subprocess.run(program, capture_output=True, text=True)
    if finished.returncode:
        raise RuntimeError(f"{command[:4]} failed:\n{finished.stderr[-_SHOWN:]}")
    return Cost(*json.loads(finished.stdout))


def ask(program: str, *arguments: str) -> Any:
    """The result of a program in a separate process, which prints JSON in its last line."""
    command = [sys.executable, "-c", program, *arguments]
    environment = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "2"}
    finished = subprocess.run(command, capture_output=True, text=True, env=environment)
    if finished.returncode:
        raise RuntimeError(f"a measuring program failed:\n{finished.stderr[-_SHOWN:]}")
    return json.loads(finished.stdout.splitlines()[-1])


def in_turn(calls: dict[str, Callable[[], Any]], rounds: int) -> dict[str, float]:
    """Median wall time of each call, in seconds; each round calls them one after the other.

    Every other round is reversed, because each call affects caches and memory for the next.
    """
    times: dict[str, list[float]] = {name: [] for name in calls}
    for number in range(rounds):
        for name, call in list(calls.items())[:: -1 if number % 2 else 1]:
            start = time.perf_counter()
            call()
            times[name].append(time.perf_counter() - start)
    return {name: statistics.median(values) for name, values in times.items()}


def make_checkpoint(network: str, folder: Path) -> Path:
    """Writes an untrained checkpoint, and returns its prefix."""
    prefix = folder / network / "model.ckpt-1"
    make = [sys.executable, "-m", "scripts.make_checkpoint", network, str(prefix)]
    subprocess.run(make, check=True, capture_output=True)
    return prefix


def machine() -> dict[str, object]:
    """What the figures depend on."""
    packages = ("tensorflow", "keras", "tf-keras", "tf-slim", "numpy", "distributed")
    return {
        "cores": os.cpu_count(),
        "machine": platform.machine(),
        "python": platform.python_version(),
        **{package: metadata.version(package) for package in packages},
    }


@dataclasses.dataclass(frozen=True)
class Ratio:
    """One of our figures compared with a peer's.

    Attributes:
      what: what is compared.
      ours: in `unit`.
      theirs: in `unit`.
      unit: such as `s`, `ms`, `MB`.
      goal: the largest acceptable ratio of ours to theirs, or None.
    """

    what: str
    ours: float
    theirs: float
    unit: str
    goal: float | None = None

    @property
    def value(self) -> float:
        """Ratio of ours to theirs."""
        return self.ours / self.theirs

    @property
    def is_missed(self) -> bool:
        """Whether there is a goal, and this exceeds it."""
        return self.goal is not None and self.value > self.goal

    def line(self) -> str:
        """The line to print."""
        goal = "" if self.goal is None else f"  goal {self.goal:g}"
        missed = ", missed" if self.is_missed else ""
        figures = f"{self.ours:10.2f}{self.theirs:10.2f} {self.unit:6}"
        return f"{self.what:44}{figures}{self.value:7.2f}{goal}{missed}"
