"""`slimhub evaluate` compared with a bare loop of tf.data and the same network.

Each side runs in a process of its own, in turn. Importing TensorFlow and loading the artifact are
not measured on either side; see `evaluation_loops` for what is. Times that decide are CPU times,
which other work on the machine changes least.
"""

from __future__ import annotations

import dataclasses
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from scripts.benchmarks.costs import NETWORK, Ratio, ask, make_checkpoint

_GOAL = 1 / 0.95  # times the CPU time of the bare loop
_PROGRAM = """
import json, sys
from scripts.benchmarks import evaluation_loops
print(json.dumps(getattr(evaluation_loops, sys.argv[1])(*sys.argv[2:])))
"""


@dataclasses.dataclass(frozen=True)
class _Pictures:
    """Synthetic pictures: how many, their sides, the network and its images' side, the goal."""

    count: int
    width: int
    height: int
    network: str
    size: int
    goal: float | None


_KINDS = {
    "photographs": _Pictures(400, 500, 375, NETWORK, 224, _GOAL),
    "thumbnails": _Pictures(3000, 64, 64, "mobilenet_v1_025_128", 128, None),
}


def compare(rounds: int) -> tuple[list[Ratio], dict[str, Any]]:
    """CPU time for each picture.

    Args:
      rounds: of both sides, each in a fresh process.

    Returns:
      The ratios, and images per second by the clock, medians.

    Raises:
      RuntimeError: if both sides do not give the same answers.
    """
    ratios, rates = [], {}
    for kind, pictures in _KINDS.items():
        found = _measure(pictures, rounds)
        ours, theirs = (
            statistics.median(cost["cpu"] for cost in costs) / pictures.count * 1e3
            for costs in found
        )
        what = f"evaluate {kind}, CPU, to a bare loop"
        ratios.append(Ratio(what, ours, theirs, "ms", pictures.goal))
        for side, costs in zip(("evaluate", "bare loop"), found, strict=True):
            wall = statistics.median(cost["wall"] for cost in costs)
            rates[f"{kind}, {side}"] = pictures.count / wall
    return ratios, {"images per second": rates}


def _measure(pictures: _Pictures, rounds: int) -> tuple[list[dict], list[dict]]:
    """Costs of our side and of the peer's, one of each per round."""
    found: dict[str, list[dict]] = {"ours": [], "bare": []}
    with tempfile.TemporaryDirectory() as scratch:
        artifact, data = str(Path(scratch, "artifact")), str(Path(scratch, "data"))
        checkpoint = make_checkpoint(pictures.network, Path(scratch))
        export = [sys.executable, "-m", "slimhub", "export", pictures.network, "--proof=none"]
        export += ["--task=classification", f"--checkpoint={checkpoint}", f"--output={artifact}"]
        subprocess.run(export, check=True, capture_output=True)
        sizes = map(str, (pictures.count, pictures.width, pictures.height))
        ask(_PROGRAM, "write_pictures", data, *sizes)
        calls = {"ours": [artifact, data], "bare": [artifact, data, str(pictures.size)]}
        for number in range(rounds):
            for side in list(calls)[:: -1 if number % 2 else 1]:
                found[side].append(ask(_PROGRAM, side, *calls[side]))
    costs = [*found["ours"], *found["bare"]]
    if len({(cost["pictures"], cost["answers"]) for cost in costs}) > 1:
        raise RuntimeError(f"answers differ: {costs}")
    return found["ours"], found["bare"]
