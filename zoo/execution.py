"""Runs a plan: submits all of it to Dask, and reports what comes back."""

from __future__ import annotations

import contextlib
import queue
import secrets
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from slimhub.common.errors import PublishError
from slimhub.zoo import zoo_worker
from slimhub.zoo.clusters import MEMORY
from slimhub.zoo.jobs import Job, JobOutcome

if TYPE_CHECKING:
    from distributed import Client, Future

Event = dict[str, Any]
_TICK = 0.5  # seconds between two ticks


def carry_out(
    client: Client, plan: Sequence[Job], on_event: Callable[[Event], None]
) -> list[JobOutcome]:
    """Runs all jobs of a plan.

    Args:
      client: of a cluster.
      plan: what to do.
      on_event: called in this thread with events in the order in which they become known: `started`
        and `phase` with name, worker and time, `finished` with the outcome, `lost` with the worker
        that is gone, and `tick` from time to time.

    Returns:
      The outcomes, in the order of the plan. If interrupted, no job keeps running.

    Raises:
      PublishError: if the scheduler goes away.
    """
    run_name = f"slimhub-zoo-{secrets.token_hex(8)}"
    news = _News(client, run_name)
    futures = _submit(client, plan, run_name)
    names = {future.key: job.name for future, job in zip(futures, plan, strict=True)}
    outcomes: dict[str, JobOutcome] = {}
    try:
        for future in futures:
            future.add_done_callback(news.queue.put)
        while len(outcomes) < len(plan):
            item = news.next()
            if isinstance(item, dict):
                on_event(item)
                continue
            outcome = _outcome(item, names[item.key])
            outcomes[outcome.name] = outcome
            on_event({"event": "finished", "time": time.time()} | outcome.to_json())
    finally:
        with contextlib.suppress(OSError):  # of a scheduler that is gone
            client.cancel(futures)
            client.run(zoo_worker.stop, run_name, on_error="ignore")
            news.close()
    return [outcomes[job.name] for job in plan]


class _News:
    """Collects what Dask reports in its own threads, for the thread that waits."""

    def __init__(self, client: Client, run_name: str) -> None:
        self.queue: queue.SimpleQueue[Event | Future[JobOutcome]] = queue.SimpleQueue()
        self._client, self._run_name = client, run_name
        self._names: dict[str, str] = {}  # of workers, by address
        client.subscribe_topic(run_name, lambda event: self._take(event[1]))
        client.subscribe_topic("all", lambda event: self._take_of_cluster(event[1]))

    def next(self) -> Event | Future[JobOutcome]:
        """What comes next: an event, a finished future, or a tick."""
        try:
            return self.queue.get(timeout=_TICK)
        except queue.Empty:
            return {"event": "tick", "time": time.time()}

    def close(self) -> None:
        """Stops listening."""
        for topic in (self._run_name, "all"):
            self._client.unsubscribe_topic(topic)

    def _take(self, event: Event) -> None:
        event = dict(event)
        address, name = event["worker"], event.pop("on")
        self._names[address] = name
        self.queue.put(event | {"worker": name})

    def _take_of_cluster(self, event: Event) -> None:
        if event.get("action") == "remove-worker" and event["worker"] in self._names:
            name = self._names[event["worker"]]
            self.queue.put({"event": "lost", "worker": name, "time": time.time()})


def _submit(client: Client, plan: Sequence[Job], run_name: str) -> list[Future[JobOutcome]]:
    """Submits everything to Dask, the largest first: a large job must not start last."""
    ranks = {job.name: rank for rank, job in enumerate(sorted(plan, key=lambda job: job.memory))}
    return [
        client.submit(
            zoo_worker.run,
            job,
            run_name,
            key=f"{run_name}-{number}",
            resources={MEMORY: job.memory},
            priority=ranks[job.name],
            pure=False,
        )
        for number, job in enumerate(plan)
    ]


def _outcome(future: Future[JobOutcome], name: str) -> JobOutcome:
    """The outcome of a finished future; a job that no worker could finish has failed."""
    from distributed import KilledWorker

    if future.status == "finished":
        outcome: JobOutcome = future.result()
        return outcome
    if future.cancelled():
        raise PublishError(
            "lost the scheduler: start it again, then run the same command; finished "
            "exports are kept"
        )
    error = future.exception()
    if isinstance(error, KilledWorker):
        reason = "the workers that ran it died one after the other: out of memory?"
    else:
        reason = f"{type(error).__name__}: {error}"
    return JobOutcome(name, "failed", detail=reason)
