"""One cold export compared with Keras building and exporting its own network of the same kind."""

from __future__ import annotations

import dataclasses
import itertools
import shutil
import statistics
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from scripts.benchmarks.busy_core import kept_busy
from scripts.benchmarks.costs import NETWORK, Cost, Ratio, ask, make_checkpoint, measure

PROVED, UNPROVED, PEER = "slimhub export", "slimhub export --proof=none", "keras build and export"
_MOST_CPU = 8.0  # seconds
_PEER_PROGRAM = """
import sys, keras
network = keras.applications.MobileNetV3Small(
    alpha=0.75, weights=None, include_top=False, pooling="avg"
)
network.export(sys.argv[1], verbose=False)
"""
# Times of an export from inside: when each phase starts.
_PHASES_PROGRAM = """
import time
begun = [("start", time.perf_counter())]
import gc, json, sys
gc.disable()
from slimhub import export

# Opening a checkpoint is what imports TensorFlow.
names = {"opening the checkpoint": "import", "building the graphs": "build",
         "restoring the variables": "restore", "writing the artifact": "trace",
         "proving the artifact": "proof", "finishing the proof": "rest of the proof"}

def note(phase):
    begun.append((names.get(phase, phase), time.perf_counter()))
    if phase == "restoring the variables":  # TensorFlow is there, and nothing is saved yet
        import tensorflow

        save = tensorflow.saved_model.save
        tensorflow.saved_model.save = lambda *a, **k: note("save") or save(*a, **k)

export.export(export.Request(sys.argv[1], sys.argv[2], sys.argv[3]), note)
begun.append(("end", time.perf_counter()))
print(json.dumps(begun))
"""


def compare(rounds: int) -> list[Ratio]:
    """Time and memory of an export, with and without its proof, relative to the peer's.

    Wall time is measured twice: on a quiet machine, and with one core kept busy.

    Args:
      rounds: how often to run each, in turn, after one run that does not count.
    """
    quiet, busy = _medians(rounds), _medians(rounds, is_busy=True)
    seconds, cpu = ({n: getattr(c, key) for n, c in quiet.items()} for key in ("seconds", "cpu"))
    memory = {name: cost.megabytes for name, cost in quiet.items()}
    loaded = {name: cost.seconds for name, cost in busy.items()}
    return [
        Ratio("export without proof, to keras", seconds[UNPROVED], seconds[PEER], "s", 1.3),
        Ratio("export with its proof, to keras", seconds[PROVED], seconds[PEER], "s", 0.9),
        Ratio("the same, one core busy", loaded[PROVED], loaded[PEER], "s", 1.2),
        Ratio("the same, CPU seconds", cpu[PROVED], cpu[PEER], "s"),
        Ratio("the same, of 8 CPU seconds at most", cpu[PROVED], _MOST_CPU, "s", 1.0),
        Ratio("export with its proof, to without", seconds[PROVED], seconds[UNPROVED], "s", 1.3),
        Ratio("memory of the largest process, to keras", memory[UNPROVED], memory[PEER], "MB", 1.2),
    ]


def _medians(rounds: int, *, is_busy: bool = False) -> dict[str, Cost]:
    """The median of each cost by command."""
    with tempfile.TemporaryDirectory() as scratch, kept_busy(is_busy):
        folder = Path(scratch)
        checkpoint = make_checkpoint(NETWORK, folder)
        export = [sys.executable, "-m", "slimhub", "export", NETWORK, f"--checkpoint={checkpoint}"]
        commands = {
            UNPROVED: [*export, "--proof=none", f"--output={folder / UNPROVED}"],
            PROVED: [*export, f"--output={folder / PROVED}"],
            PEER: [sys.executable, "-c", _PEER_PROGRAM, str(folder / PEER)],
        }
        costs: dict[str, list[Cost]] = {name: [] for name in commands}
        for _ in range(1 + rounds):
            for name, command in commands.items():
                shutil.rmtree(folder / name, ignore_errors=True)
                costs[name].append(measure(command))
    return {name: _median(found[1:]) for name, found in costs.items()}


def _median(costs: Sequence[Cost]) -> Cost:
    """Of each figure by itself."""
    return Cost(*map(statistics.median, zip(*map(dataclasses.astuple, costs), strict=True)))


def phases(rounds: int) -> dict[str, float]:
    """Seconds of each phase of an export with its proof, median.

    Args:
      rounds: how many exports.
    """
    found: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as scratch:
        checkpoint = make_checkpoint(NETWORK, Path(scratch))
        for number in range(rounds):
            output = Path(scratch, str(number))
            begun = ask(_PHASES_PROGRAM, NETWORK, str(checkpoint), str(output))
            for (name, start), (_, end) in itertools.pairwise(begun):
                found.setdefault(name, []).append(end - start)
    return {name: statistics.median(values) for name, values in found.items()}
