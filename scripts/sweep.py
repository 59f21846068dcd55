"""Exports every network, and prints the costs.

    python -m scripts.sweep [PATTERN] [--size small|large|all] [--json FILE]

Of networks that only differ in their image size, the first is used. Small ones are exported for
both tasks, large ones as feature vectors, each with its full proof, from a checkpoint made by
`scripts.make_checkpoint` (which does not count). The table has the wall time, the peak memory of
all processes of an export together (proportional set size, so that shared pages count once) and the
artifact's size. The exit code is 1 if an export fails. On two cores the small ones take 20 minutes,
the large ones 25.
"""

from __future__ import annotations

import dataclasses
import fnmatch
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

from slimhub import nets
from slimhub.cli.argument_refusals import RefusingParser
from slimhub.common.text import count

_LARGE = 30e6  # trainable parameters without logits from which a network counts as large
_INTERVAL = 0.2  # seconds between samples of memory


@dataclasses.dataclass(frozen=True)
class Row:
    """One export: wall time in seconds, peak memory and size of the artifact in MB."""

    network: str
    task: str
    seconds: float
    memory: float
    size: float
    outcome: str


def of_one_size() -> list[str]:
    """Names of networks, without those that only differ from an earlier one in the image size."""
    kinds: dict[object, str] = {}
    for name in nets.names():
        # Variants such as minimalistic have the same family, but other variables.
        table = repr(sorted(nets.stored_variables(name).items()))
        kinds.setdefault((nets.get(name).family, table), name)
    return list(kinds.values())


def is_large(network: str) -> bool:
    """Whether one export of it takes a minute or gigabytes."""
    return nets.count_parameters(network)["headless"] >= _LARGE


def measure(network: str, task: str, checkpoint: Path, output: Path) -> Row:
    """Exports once, in separate processes.

    Args:
      network: registered name.
      task: one of `nets.TASKS`.
      checkpoint: prefix of its checkpoint.
      output: folder to write.
    """
    command = [sys.executable, "-m", "slimhub", "export", network, f"--task={task}"]
    command += [f"--checkpoint={checkpoint}", f"--output={output}", "--format=json"]
    start, peak = time.perf_counter(), 0
    with tempfile.TemporaryFile("w+") as printed, tempfile.TemporaryFile("w+") as errors:
        process = psutil.Popen(command, stdout=printed, stderr=errors)
        while process.poll() is None:
            peak = max(peak, _memory(process))
            time.sleep(_INTERVAL)
        seconds = time.perf_counter() - start
        printed.seek(0)
        errors.seek(0)
        if process.returncode:
            said = _first_line_of_error(printed.read()) or errors.read().splitlines()[-1:]
            outcome = ": ".join([f"exit code {process.returncode}", *said])  # negative: a signal
            return Row(network, task, seconds, peak / 1e6, 0.0, outcome)
        proof = json.loads(printed.read())["record"]["proof"]
    size = sum(path.stat().st_size for path in output.rglob("*") if path.is_file())
    outcome = f"{proof['passed']} checks passed"
    return Row(network, task, seconds, peak / 1e6, size / 1e6, outcome)


def _first_line_of_error(printed: str) -> list[str]:
    """What the JSON of a failed command says first; nothing if it was killed before."""
    return json.loads(printed)["error"].splitlines()[:1] if printed else []


def _memory(process: psutil.Process) -> int:
    """Proportional set size of a process and all its descendants, in bytes."""
    total = 0
    for member in [process, *process.children(recursive=True)]:
        try:
            total += member.memory_full_info().pss
        except psutil.Error:  # it has just ended
            continue
    return total


def sweep(names: list[str]) -> list[Row]:
    """Exports networks in turn, and prints a row for each."""
    rows = []
    print("| network | task | seconds | memory, MB | size, MB | proof |\n|---|---|---|---|---|---|")
    for name in names:
        with tempfile.TemporaryDirectory() as scratch:
            prefix = Path(scratch, "model.ckpt-1")
            make = [sys.executable, "-m", "scripts.make_checkpoint", name, str(prefix)]
            subprocess.run(make, check=True, capture_output=True)
            for task in nets.TASKS[:1] if is_large(name) else nets.TASKS:
                row = measure(name, task, prefix, Path(scratch, task))
                figures = f"{row.seconds:.0f} | {row.memory:.0f} | {row.size:.1f}"
                print(f"| {name} | {task} | {figures} | {row.outcome} |", flush=True)
                rows.append(row)
    return rows


def main() -> int:
    """Sweeps; exit code 1 if an export fails."""
    parser = RefusingParser(description=__doc__.splitlines()[0])
    parser.add_argument("pattern", nargs="?", default="*", help="of names, default: all")
    parser.add_argument("--size", choices=("small", "large", "all"), default="small")
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    arguments = parser.parse_args()
    names = [name for name in of_one_size() if fnmatch.fnmatchcase(name, arguments.pattern)]
    if arguments.size != "all":
        names = [name for name in names if is_large(name) == (arguments.size == "large")]
    if not names:
        parser.error(f"no {arguments.size} network matches {arguments.pattern}")
    start = time.perf_counter()
    rows = sweep(names)
    print(
        f"\n{count(len(rows), 'export')}, {(time.perf_counter() - start) / 60:.1f} minutes in total"
    )
    if arguments.json:
        arguments.json.write_text(json.dumps([dataclasses.asdict(row) for row in rows], indent=2))
    return int(any(row.size == 0 for row in rows))


if __name__ == "__main__":
    sys.exit(main())
