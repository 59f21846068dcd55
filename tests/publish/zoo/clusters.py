"""Starts Dask's own commands as processes, and runs `slimhub zoo` beside them."""

import contextlib
import dataclasses
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil

from tests.support import REPOSITORY

DASK = [sys.executable, "-m", "dask"]
MARK = "SLIMHUB_ZOO_TEST"  # in the environment of all processes that a test starts


@dataclasses.dataclass
class Cluster:
    """A scheduler and its workers, each with its own process group."""

    address: str
    scheduler: subprocess.Popen
    workers: dict


@contextlib.contextmanager
def running(folder: Path, workers: dict[str, list[str]]):
    """A cluster; `workers` gives the options of each by name."""
    file = folder / "scheduler.json"
    file.unlink(missing_ok=True)  # of a cluster that has ended
    with contextlib.ExitStack() as resources:
        options = ["--host=127.0.0.1", "--port=0", "--dashboard-address=127.0.0.1:0"]
        command = [*DASK, "scheduler", *options, f"--scheduler-file={file}"]
        scheduler = resources.enter_context(_process(command, folder))
        started = {
            name: resources.enter_context(_process(_worker(file, name, options), folder))
            for name, options in workers.items()
        }
        wait_until(lambda: file.exists() and file.read_text().strip().endswith("}"))
        yield Cluster(json.loads(file.read_text())["address"], scheduler, started)


def _worker(file: Path, name: str, options: list[str]) -> list[str]:
    common = ["--host=127.0.0.1", "--nthreads=1", "--no-dashboard", f"--name={name}"]
    return [*DASK, "worker", *common, f"--scheduler-file={file}", *options]


@contextlib.contextmanager
def _process(command: list[str], folder: Path):
    environment = os.environ | {"PYTHONPATH": str(REPOSITORY), MARK: str(folder)}
    with (folder / "dask.log").open("a") as log:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def worker_process(command: subprocess.Popen) -> psutil.Process:
    """The process that works: the command itself, or what its nanny has started."""
    process = psutil.Process(command.pid)
    if "--no-nanny" in process.cmdline():
        return process
    return next(p for p in process.children() if "spawn_main" in " ".join(p.cmdline()))


def start_zoo(manifest: Path, *arguments: str) -> subprocess.Popen:
    """Starts `slimhub zoo`, with events on stderr and outcomes on stdout."""
    environment = os.environ | {MARK: str(manifest.parent)}
    command = [sys.executable, "-m", "slimhub", "zoo", str(manifest)]
    return subprocess.Popen(
        [*command, "--progress=json", "--format=json", *arguments],
        cwd=REPOSITORY,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def events_until(process: subprocess.Popen, is_last) -> list[dict]:
    """Reads events up to one that is the last to be read, or to the end."""
    events = []
    for line in process.stderr:
        assert line.startswith("{"), line
        events.append(json.loads(line))
        if is_last(events[-1]):
            break
    return events


def run_zoo(manifest: Path, *arguments: str) -> tuple[int, list[dict], list[dict]]:
    """Exit code, events and outcomes of a whole run."""
    process = start_zoo(manifest, *arguments)
    events = events_until(process, lambda event: False)
    outcomes = json.loads(process.stdout.read())
    return process.wait(), events, outcomes


def wait_until(is_so, seconds: float = 60.0) -> None:
    """Waits for a condition, and fails where it takes too long."""
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.1)


def processes(folder: Path) -> list[psutil.Process]:
    """Whatever still runs of what a test started in a folder."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.environ().get(MARK) == str(folder) and process.status() != "zombie":
                found.append(process)
    return found


def stages(folder: Path) -> list[Path]:
    """What a run must not leave behind."""
    return list(folder.rglob(".*slimhub-*"))
