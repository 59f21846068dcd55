"""Fine-tuning steps of an artifact and of tf_keras' own network, in several processes.

A process can be in one of two states, in which a step takes once or nearly twice as long: which
cores its threads got decides that at its start. One process therefore says little.

A step is `train_on_batch` of a tf_keras model: `hub.KerasLayer` on the artifact, and the network of
tf_keras.applications, with the same L2 loss (`theirs`) and without any (`bare`).
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from scripts.benchmarks.artifact_cost import CALL_PROGRAM
from scripts.benchmarks.busy_core import kept_busy
from scripts.benchmarks.costs import NETWORK, Ratio, ask, make_checkpoint

_PROCESSES = 10
_STEPS = 20  # of each model, in turn, in each process
_GOAL = 1.1


def compare() -> tuple[list[Ratio], dict[str, dict[str, float]]]:
    """Steps on 16 images in ten processes, on a quiet machine and with one core busy.

    Returns:
      The median and the worst ratio of each, and the ratio of every process.
    """
    with tempfile.TemporaryDirectory() as scratch:
        artifact = str(Path(scratch, "artifact"))
        checkpoint = make_checkpoint(NETWORK, Path(scratch))
        export = [sys.executable, "-m", "slimhub", "export", NETWORK, "--task=classification"]
        export += [f"--checkpoint={checkpoint}", "--proof=none", f"--output={artifact}"]
        subprocess.run(export, check=True, capture_output=True)
        found = {name: _times(artifact, is_busy) for name, is_busy in _STATES.items()}
    ratios, details = [], {}
    for name, times in found.items():
        middle = {key: statistics.median(each[key] for each in times) for key in times[0]}
        worst = max(times, key=lambda each: each["ours"] / each["theirs"])
        for which, each in (("median", middle), ("worst", worst)):
            what = f"step, {name}, {which} of {_PROCESSES} processes"
            ratios.append(Ratio(what, each["ours"] * 1e3, each["theirs"] * 1e3, "ms", _GOAL))
        what = f"step, {name}, the peer without an L2 loss"
        ratios.append(Ratio(what, middle["ours"] * 1e3, middle["bare"] * 1e3, "ms"))
        details[f"step, {name}: ms of ours, of theirs"] = {
            f"{number}: {each['ours'] * 1e3:.0f},": each["theirs"] * 1e3
            for number, each in enumerate(times, 1)
        }
    return ratios, details


_STATES = {"quiet": False, "one core busy": True}


def _times(artifact: str, is_busy: bool) -> list[dict[str, float]]:
    """Median seconds of a step of each model, for each process."""
    with kept_busy(is_busy):
        return [ask(CALL_PROGRAM, "fine_tuning", artifact, str(_STEPS)) for _ in range(_PROCESSES)]
