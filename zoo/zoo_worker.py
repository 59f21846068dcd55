"""What a worker does: one job at a time, in Dask's hands."""

from __future__ import annotations

import asyncio
import dataclasses
import threading
import time
from pathlib import Path

from slimhub.common.errors import ExportError, RequestError, SlimhubError
from slimhub.common.progress import OnPhase, Silence
from slimhub.common.version import __version__
from slimhub.export.request import Request
from slimhub.zoo import publisher, state
from slimhub.zoo.export_process import Exporter
from slimhub.zoo.jobs import Job, JobOutcome

_lock = threading.Lock()
_exporters: dict[tuple[str, int], Exporter] = {}  # by run and thread of this worker
_stopped: set[str] = set()  # runs that were interrupted


def run(job: Job, run_name: str) -> JobOutcome:
    """Does a job, unless it is done already; called by Dask on a worker.

    Args:
      job: of the plan.
      run_name: topic of the run's events.

    Returns:
      What became of it; an export that fails is an outcome, no error.
    """
    from distributed import get_worker

    worker = get_worker()
    name = str(worker.name)

    def tell(event: str, **more: object) -> None:
        told = {"event": event, "name": job.name, "on": name, "time": time.time()}
        worker.log_event(run_name, told | more)  # Dask adds the worker's address

    start = time.perf_counter()
    tell("started")
    try:
        outcome = _do(job, run_name, lambda phase: tell("phase", phase=phase))
    except SlimhubError as error:
        outcome = JobOutcome(job.name, "failed", detail=str(error))
    seconds = round(time.perf_counter() - start, 2)
    return dataclasses.replace(outcome, seconds=seconds, worker=name)


def _do(job: Job, run_name: str, on_phase: OnPhase) -> JobOutcome:
    on_phase("looking at what is there")
    found = state.look(job.request)
    if found.kind == state.FOREIGN:
        raise RequestError(f"the output {job.request.output}: {found.reason}")
    if found.kind == state.UNCHANGED:
        outcome = JobOutcome(job.name, "unchanged")
    else:
        request = dataclasses.replace(job.request, overwrite=found.kind == state.OUTDATED)
        _export(request, run_name, on_phase)
        outcome = JobOutcome(job.name, "exported", detail=found.reason)
    if job.publication is None:
        return outcome
    on_phase("publishing")
    published = publisher.send(job.publication, Path(job.request.output), _Watch(run_name))
    return dataclasses.replace(outcome, published=published)


def _export(request: Request, run_name: str, on_phase: OnPhase) -> None:
    """Exports, unless the same job, which Dask took for lost, has come first."""
    try:
        _exporter(run_name).export(request, on_phase)
    except ExportError:
        if state.look(request).kind != state.UNCHANGED:
            raise


def _exporter(run_name: str) -> Exporter:
    """The exporter of this thread; a worker with one thread has one."""
    with _lock:
        _check_not_stopped(run_name)
        return _exporters.setdefault((run_name, threading.get_ident()), Exporter())


def _check_not_stopped(run_name: str) -> None:
    if run_name in _stopped:
        raise ExportError("the run was interrupted")


class _Watch(Silence):
    """Ends publishing at its next phase where the run was interrupted: a proof takes seconds."""

    def __init__(self, run_name: str) -> None:
        self._run_name = run_name

    def phase(self, name: str) -> None:
        """Looks whether the run goes on."""
        _check_not_stopped(self._run_name)


async def stop(run_name: str) -> None:
    """Ends whatever a run does on this worker, and waits until nothing is left of it."""
    with _lock:
        _stopped.add(run_name)
        ended = [_exporters.pop(key) for key in list(_exporters) if key[0] == run_name]
    await asyncio.gather(*(asyncio.to_thread(exporter.stop) for exporter in ended))


def version() -> str:
    """The version of slimhub that this worker has."""
    return __version__
