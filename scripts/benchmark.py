"""slimhub beside its peers, in turn on the same machine.

    python -m scripts.benchmark export [--rounds 3]

`export` measures one cold `slimhub export mobilenet_v3_small_075_224` (an untrained checkpoint),
with its proof and without, beside building `keras.applications.MobileNetV3Small(alpha=0.75)` and
`model.export` on it, which proves nothing: wall time and peak memory of whole processes, median
of the rounds. Memory is that of the largest process; the proof has three of its own. About two
minutes for three rounds on two cores. Expect, without the proof, a time ratio of about 0.8 (goal:
at most 1.3) and a memory ratio of about 1.1 (goal: at most 1.2); and that an export with its proof
takes 1.3 to 1.4 times as long as one without (goal: at most 1.3).
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from importlib import metadata
from pathlib import Path

NETWORK = "mobilenet_v3_small_075_224"
# At most: ours without a proof to the peer's; ours with a proof to ours without.
_GOALS = {"time": 1.3, "memory": 1.2, "proof": 1.3}

PROVED, UNPROVED, PEER = "slimhub export", "slimhub export --proof=none", "keras build and export"
PEER_PROGRAM = """
import sys, keras
network = keras.applications.MobileNetV3Small(
    alpha=0.75, weights=None, include_top=False, pooling="avg"
)
network.export(sys.argv[1], verbose=False)
"""


@dataclasses.dataclass(frozen=True)
class Cost:
    """Wall time in seconds and peak resident memory in MB of one process."""

    seconds: float
    megabytes: float


def measure(command: list[str]) -> Cost:
    """Runs a command in a process of its own.

    Raises:
      RuntimeError: where it fails; the message ends with what it wrote to stderr.
    """
    with tempfile.TemporaryFile("w+") as errors:
        start = time.perf_counter()
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=errors)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            errors.seek(0)
            raise RuntimeError(f"{command[:4]} failed:\n{errors.read()[-2000:]}")
    return Cost(seconds, usage.ru_maxrss / 1024)


def benchmark_export(rounds: int) -> dict[str, dict[str, float]]:
    """Costs of each, in turn."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        checkpoint = folder / "model.ckpt-1"
        make = [sys.executable, "-m", "scripts.make_checkpoint", NETWORK, str(checkpoint)]
        subprocess.run(make, check=True, stderr=subprocess.DEVNULL)
        export = [sys.executable, "-m", "slimhub", "export", NETWORK, f"--checkpoint={checkpoint}"]
        commands = {
            UNPROVED: [*export, "--proof=none", f"--output={folder / UNPROVED}"],
            PROVED: [*export, f"--output={folder / PROVED}"],
            PEER: [sys.executable, "-c", PEER_PROGRAM, str(folder / PEER)],
        }
        for command in commands.values():  # once unmeasured: the files come into the page cache
            measure(command)
        costs: dict[str, list[Cost]] = {name: [] for name in commands}
        for _ in range(rounds):
            for name, command in commands.items():
                shutil.rmtree(folder / name)
                costs[name].append(measure(command))
    return {name: _median(measured) for name, measured in costs.items()}


def _median(costs: list[Cost]) -> dict[str, float]:
    return {
        "seconds": round(statistics.median(cost.seconds for cost in costs), 2),
        "megabytes": round(statistics.median(cost.megabytes for cost in costs)),
    }


def machine() -> dict[str, object]:
    """What the figures depend on."""
    packages = ("tensorflow", "keras", "tf-slim", "numpy")
    return {
        "cores": os.cpu_count(),
        "machine": platform.machine(),
        "python": platform.python_version(),
        **{package: metadata.version(package) for package in packages},
    }


def main() -> int:
    """Measures and prints; exit code 1 where a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=["export"])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    arguments = parser.parse_args()
    figures = benchmark_export(arguments.rounds)
    ratios = {
        "time": figures[UNPROVED]["seconds"] / figures[PEER]["seconds"],
        "memory": figures[UNPROVED]["megabytes"] / figures[PEER]["megabytes"],
        "proof": figures[PROVED]["seconds"] / figures[UNPROVED]["seconds"],
    }
    print(", ".join(f"{name} {value}" for name, value in machine().items()))
    print(f"{'':30}{'seconds':>10}{'peak MB':>10}")
    for name, cost in figures.items():
        print(f"{name:30}{cost['seconds']:10.2f}{cost['megabytes']:10.0f}")
    print(f"{'without proof, to keras':30}{ratios['time']:10.2f}{ratios['memory']:10.2f}")
    print(f"{'with proof, to without':30}{ratios['proof']:10.2f}")
    if arguments.json:
        content = {"machine": machine(), "export": figures, "ratios": ratios}
        arguments.json.write_text(json.dumps(content, indent=2) + "\n")
    return int(any(ratios[name] > goal for name, goal in _GOALS.items()))


if __name__ == "__main__":
    sys.exit(main())
