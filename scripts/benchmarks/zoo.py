"""`slimhub zoo` with one worker and with two, compared with one cold process per export."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from scripts.benchmarks.costs import Ratio, make_checkpoint

_NETWORKS = ("mobilenet_v1_025_128", "mobilenet_v2_035_96", "mobilenet_v3_small_075_224")
_TASKS = ("feature_vector", "classification")
_MANIFEST = """
[defaults]
tasks = {tasks}
checkpoint = "{{network}}/model.ckpt-1"
output = "{output}/{{network}}/{{task}}"

[export.small]
networks = {networks}
"""


def compare() -> tuple[list[Ratio], dict[str, float]]:
    """Seconds per export for six exports with their proofs, and the time of a run outside exports.

    Returns:
      The ratios; and by name exports per minute, the share of the workers' time outside exports
      (starting, importing TensorFlow, Dask, waiting for the last), and the share between the end of
      an export on a worker and the start of the next, which is only Dask's.
    """
    count = len(_NETWORKS) * len(_TASKS)
    details: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        for network in _NETWORKS:
            make_checkpoint(network, folder)
        cold = _cold(folder) / count
        details["per minute, cold processes"] = 60 / cold
        seconds = {}
        for jobs in (1, 2):
            wall, events = _run(folder, jobs)
            seconds[jobs] = wall / count
            busy = sum(e["seconds"] for e in events if e["event"] == "finished")
            details[f"per minute, {jobs} workers"] = 60 / seconds[jobs]
            details[f"outside exports, {jobs} workers"] = 1 - busy / (wall * jobs)
            details[f"Dask between exports, {jobs} workers"] = _between(events) / (wall * jobs)
    return [
        Ratio("zoo, 1 worker, to cold processes", seconds[1], cold, "s", 1.0),
        Ratio("zoo, 2 workers, to cold processes", seconds[2], cold, "s", 1.0),
        Ratio("zoo, 2 workers, to 1", seconds[2], seconds[1], "s"),
    ], details


def _cold(folder: Path) -> float:
    start = time.perf_counter()
    for network in _NETWORKS:
        for task in _TASKS:
            command = [sys.executable, "-m", "slimhub", "export", network, f"--task={task}"]
            command.append(f"--checkpoint={folder / network / 'model.ckpt-1'}")
            command.append(f"--output={folder / 'cold' / network / task}")
            subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - start


def _run(folder: Path, jobs: int) -> tuple[float, list[dict]]:
    manifest = folder / f"{jobs}.toml"
    names = {"tasks": json.dumps(_TASKS), "networks": json.dumps(_NETWORKS)}
    manifest.write_text(_MANIFEST.format(output=f"zoo{jobs}", **names))
    command = [sys.executable, "-m", "slimhub", "zoo", str(manifest), f"--jobs={jobs}"]
    start = time.perf_counter()
    finished = subprocess.run(
        [*command, "--progress=json"], check=True, capture_output=True, text=True
    )
    wall = time.perf_counter() - start
    lines = [line for line in finished.stderr.splitlines() if line.startswith("{")]
    return wall, [json.loads(line) for line in lines]


def _between(events: list[dict]) -> float:
    """Seconds between the end of each export and the start of the next on the same worker."""
    ended: dict[str, float] = {}
    total = 0.0
    for event in events:
        worker = event.get("worker")
        if event["event"] == "started" and worker in ended:
            total += max(0.0, event["time"] - ended.pop(worker))
        elif event["event"] == "finished":
            ended[worker] = event["time"]
    return total
