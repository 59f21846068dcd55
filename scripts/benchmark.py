"""slimhub beside its peers, in turn on the same machine.

    python -m scripts.benchmark export [--rounds 3]

`export` measures one cold `slimhub export mobilenet_v3_small_075_224` (a synthetic checkpoint)
beside building `keras.applications.MobileNetV3Small(alpha=0.75)` and `model.export` on it:
wall time and peak memory of whole processes, median of the rounds. About one minute for three
rounds on two cores; expect a time ratio of about 1.0 (goal: at most 1.3) and a memory ratio of
about 1.0 (goal: at most 1.2).
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
_GOALS = {"time": 1.3, "memory": 1.2}  # ours to the peer's, at most

PEER = """
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


def write_checkpoint(prefix: Path) -> None:
    """Writes a checkpoint of the network with plausible values, in a process of its own."""
    program = (
        "import sys, numpy, tensorflow as tf; from nets import stored; "
        "table = stored.variables(sys.argv[2]); names = sorted(table); "
        "rng = numpy.random.RandomState(0); "
        "values = [rng.uniform(0.5, 1, table[n]).astype('f') for n in names]; "
        "tf.raw_ops.SaveV2(prefix=sys.argv[1], tensor_names=names, "
        "shape_and_slices=[''] * len(names), tensors=values)"
    )
    subprocess.run(
        [sys.executable, "-c", program, str(prefix), NETWORK], check=True, stderr=subprocess.DEVNULL
    )


def benchmark_export(rounds: int) -> dict[str, object]:
    """Costs of both, in turn."""
    ours, peers = [], []
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        write_checkpoint(folder / "model.ckpt-1")
        export = [sys.executable, "-m", "slimhub", "export", NETWORK]
        export += [f"--checkpoint={folder / 'model.ckpt-1'}", f"--output={folder / 'ours'}"]
        peer = [sys.executable, "-c", PEER, str(folder / "peer")]
        for command in (export, peer):  # once unmeasured: the files come into the page cache
            measure(command)
        for _ in range(rounds):
            for command, costs, name in ((export, ours, "ours"), (peer, peers, "peer")):
                shutil.rmtree(folder / name)
                costs.append(measure(command))
    return {"ours": _median(ours), "peer": _median(peers)}


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
    ours, peer = figures["ours"], figures["peer"]
    ratios = {
        "time": ours["seconds"] / peer["seconds"],
        "memory": ours["megabytes"] / peer["megabytes"],
    }
    print(", ".join(f"{name} {value}" for name, value in machine().items()))
    print(f"{'':24}{'seconds':>10}{'peak MB':>10}")
    for name, costs in (("slimhub export", ours), ("keras build and export", peer)):
        print(f"{name:24}{costs['seconds']:10.2f}{costs['megabytes']:10.0f}")
    print(f"{'ratio':24}{ratios['time']:10.2f}{ratios['memory']:10.2f}")
    if arguments.json:
        content = {"machine": machine(), "export": figures, "ratios": ratios}
        arguments.json.write_text(json.dumps(content, indent=2) + "\n")
    return int(any(ratios[name] > goal for name, goal in _GOALS.items()))


if __name__ == "__main__":
    sys.exit(main())
