"""Runs a plan: submits all of it to Dask, and tells what comes back."""

from __future__ import annotations

import queue
import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from publish.zoo import running
from publish.zoo.clusters import MEMORY
from publish.zoo.work import Job, Outcome

if TYPE_CHECKING:
    from distributed import Client, Future

Event = dict[str, Any]
_TICK = 0.5  # seconds between looks at the clock


def carry_out(
    client: Client, plan: Sequence[Job], on_event: Callable[[Event], None]
) -> list[Outcome]:
    """Runs all jobs of a plan.

    Args:
      client: of a cluster.
      plan: what to do.
      on_event: called, in this thread, with events in the order in which they become known:
        `started` and `phase` with name, worker and time, `finished` with the outcome, `lost` with
        the address of a worker that is gone, and `tick` now and then.

    Returns:
      The outcomes, in the order of the plan. Where it is interrupted, nothing goes on.
    """
    run_name = f"slimhub-zoo-{secrets.token_hex(8)}"
    news: queue.SimpleQueue[Event | Future] = queue.SimpleQueue()
    client.subscribe_topic(run_name, lambda event: news.put(event[1]))
    client.subscribe_topic("all", lambda event: _tell_of_lost(event[1], news))
    futures = _submit(client, plan, run_name)
    names = {future.key: job.name for future, job in zip(futures, plan, strict=True)}
    outcomes: dict[str, Outcome] = {}
    try:
        for future in futures:
            future.add_done_callback(news.put)
        for item in _until(lambda: len(outcomes) == len(plan), news):
            if isinstance(item, dict):
                on_event(item)
                continue
            outcome = _outcome(item, names[item.key])
            outcomes[outcome.name] = outcome
            on_event({"event": "finished", "time": time.time()} | outcome.to_json())
    finally:
        client.cancel(futures)
        client.run(running.stop, run_name, on_error="ignore")
        client.unsubscribe_topic("all")
    return [outcomes[job.name] for job in plan]


def _submit(client: Client, plan: Sequence[Job], run_name: str) -> list[Future]:
    """Gives everything to Dask, the largest first: a large one must not be left for the end."""
    ranks = {job.name: rank for rank, job in enumerate(sorted(plan, key=lambda job: job.memory))}
    return [
        client.submit(
            running.run,
            job,
            run_name,
            key=f"{run_name}-{number}",
            resources={MEMORY: job.memory},
            priority=ranks[job.name],
            pure=False,
        )
        for number, job in enumerate(plan)
    ]


def _until(is_done: Callable[[], bool], news: queue.SimpleQueue) -> Iterator[Any]:
    while not is_done():
        try:
            yield news.get(timeout=_TICK)
        except queue.Empty:
            yield {"event": "tick", "time": time.time()}


def _tell_of_lost(event: Event, news: queue.SimpleQueue) -> None:
    if event.get("action") == "remove-worker":
        news.put({"event": "lost", "worker": event["worker"], "time": time.time()})


def _outcome(future: Future, name: str) -> Outcome:
    """What a finished future says; what no worker could finish has failed."""
    from distributed import KilledWorker

    if future.status == "finished":
        return future.result()
    error = future.exception()
    if isinstance(error, KilledWorker):
        reason = "the workers that ran it died, one after the other: out of memory?"
    else:
        reason = f"{type(error).__name__}: {error}"
    return Outcome(name, "failed", detail=reason)
