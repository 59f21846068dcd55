"""What a worker does: one job at a time, called by Dask."""

from __future__ import annotations

import asyncio
import dataclasses
import threading
import time
from pathlib import Path

from slimhub.common.errors import ExportError, RequestError, SlimhubError
from slimhub.common.progress import OnPhase, Silence
from slimhub.common.version import __version__
from slimhub.evaluate.evaluation_client import EvaluationClient
from slimhub.evaluate.evaluation_request import EvaluationRequest
from slimhub.export.formats import companions
from slimhub.export.formats.conversion_client import ConversionClient
from slimhub.export.record import Record
from slimhub.export.request import Request
from slimhub.publish.hub.model_facts import ModelFacts
from slimhub.zoo import publisher, state
from slimhub.zoo.export_process import Exporter
from slimhub.zoo.jobs import Job, JobOutcome

_lock = threading.Lock()
_exporters: dict[tuple[str, int], Exporter] = {}  # by run and thread of this worker
_conversions: dict[tuple[str, int], ConversionClient] = {}  # the same, of those in progress
_evaluations: dict[tuple[str, int], EvaluationClient] = {}  # likewise
_stopped: set[str] = set()  # runs that were interrupted


def run(job: Job, run_name: str) -> JobOutcome:
    """Does a job, unless it is already done; Dask calls it on a worker.

    Args:
      job: of the plan.
      run_name: topic of the run's events.

    Returns:
      What happened to it; an export that fails is an outcome, not an error.
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
    on_phase("checking the existing output")
    found = state.look(job.request, renews=job.renews)
    if found.kind == state.FOREIGN:
        raise RequestError(f"the output {job.request.output}: {found.reason}")
    if found.is_renewal:
        publisher.check_renewal(job.publication)
    if found.kind == state.UNCHANGED:
        outcome = JobOutcome(job.name, "unchanged", detail=found.reason)
    else:
        request = dataclasses.replace(job.request, overwrite=found.kind == state.OUTDATED)
        shown = _export(request, run_name, on_phase, renews=job.renews)
        detail = "; ".join(filter(None, [found.reason, shown]))
        outcome = JobOutcome(job.name, "exported", detail=detail)
    outcome = _write_also(job, outcome, run_name, on_phase)
    if job.evaluation is not None:
        outcome = dataclasses.replace(
            outcome,
            top1=_evaluate(job.evaluation, run_name, on_phase),
            published_top1=_published_top1(Path(job.request.output)),
        )
    _check_not_stopped(run_name)
    if job.publication is None:
        return outcome
    on_phase("publishing")
    output = Path(job.request.output)
    published = publisher.send(job.publication, output, _Watch(run_name), job.also)
    return dataclasses.replace(outcome, published=published)


def _write_also(job: Job, outcome: JobOutcome, run_name: str, on_phase: OnPhase) -> JobOutcome:
    """Writes the files of other formats that are missing or outdated."""
    output = Path(job.request.output)
    missing = companions.outdated(output, job.also)
    if not missing:
        return outcome
    for path in missing:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
    key = run_name, threading.get_ident()
    with _lock:
        _check_not_stopped(run_name)
        conversion = _conversions[key] = ConversionClient()
    try:
        conversion.write(str(output), missing, on_phase)
    finally:
        with _lock:
            _conversions.pop(key, None)
    names = ", ".join(Path(path).name for path in missing)
    detail = "; ".join(filter(None, [outcome.detail, f"wrote {names}"]))
    return dataclasses.replace(outcome, detail=detail)


def _evaluate(request: EvaluationRequest, run_name: str, on_phase: OnPhase) -> float:
    """Measures the accuracy, unless the same was measured before; a failure is not published."""
    on_phase("looking for figures")
    if (known := request.known()) is not None:
        request.check_bar(known)
        return known.top1
    key = run_name, threading.get_ident()
    with _lock:
        _check_not_stopped(run_name)
        evaluation = _evaluations[key] = EvaluationClient()
    try:
        return evaluation.evaluate(request, on_phase)
    finally:
        with _lock:
            _evaluations.pop(key, None)


def _published_top1(artifact: Path) -> float | None:
    percent = ModelFacts.of_record(Record.read(artifact)).published_top1
    return None if percent is None else percent / 100


def _export(request: Request, run_name: str, on_phase: OnPhase, *, renews: bool) -> str:
    """Exports, unless the same job, which Dask assumed lost, has finished first.

    Returns:
      What the original graph showed, in words; empty if nothing, or if that job knows it.
    """
    try:
        return str(_exporter(run_name).export(request, on_phase)["graph_choice"])
    except ExportError:
        if state.look(request, renews=renews).kind != state.UNCHANGED:
            raise
    return ""


def _exporter(run_name: str) -> Exporter:
    """The exporter of this thread; a worker with one thread has one exporter."""
    with _lock:
        _check_not_stopped(run_name)
        return _exporters.setdefault((run_name, threading.get_ident()), Exporter())


def _check_not_stopped(run_name: str) -> None:
    if run_name in _stopped:
        raise ExportError("the run was interrupted")


class _Watch(Silence):
    """Ends publishing at its next phase if the run was interrupted: a proof takes seconds."""

    def __init__(self, run_name: str) -> None:
        self._run_name = run_name

    def phase(self, name: str) -> None:
        """Checks that the run goes on."""
        _check_not_stopped(self._run_name)


async def stop(run_name: str) -> None:
    """Ends whatever a run does on this worker, and waits until nothing of it is left."""
    with _lock:
        _stopped.add(run_name)
        ended = [
            running.pop(key).stop
            for running in (_exporters, _conversions, _evaluations)
            for key in list(running)
            if key[0] == run_name
        ]
    await asyncio.gather(*map(asyncio.to_thread, ended))


def version() -> str:
    """The version of slimhub that this worker has."""
    return __version__
