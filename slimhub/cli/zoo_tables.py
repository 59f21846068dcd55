"""The plan of a zoo and what became of it, as text and JSON."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from slimhub import checkpoints
from slimhub.zoo import Job, JobOutcome
from slimhub.zoo.state import FOREIGN, NEW, OUTDATED, UNCHANGED, State, look

_EXPORT, _AGAIN, _NOTHING, _FAIL = "export", "export again", "nothing", "fail"
_ACTIONS = {NEW: _EXPORT, OUTDATED: _AGAIN, UNCHANGED: _NOTHING, FOREIGN: _FAIL}
_IN_SUM = {
    _EXPORT: "to be exported",
    _AGAIN: "to be exported again",
    _NOTHING: "unchanged",
    _FAIL: "would fail",
}


def states(plan: Iterable[Job]) -> list[tuple[str, str]]:
    """What a run would do for each job, and why; nothing is downloaded.

    Args:
      plan: the jobs.
    """
    return [_action(job) for job in plan]


def _action(job: Job) -> tuple[str, str]:
    request = job.request
    try:
        found: State = look(request, fetches=False)
        if found.kind == NEW:
            checkpoints.digest(
                request.checkpoint,
                name=request.checkpoint_name,
                averages=request.averages,
                sha256=request.sha256,
                fetches=False,
            )
    except checkpoints.CheckpointError as error:
        return _FAIL, str(error)
    return _ACTIONS[found.kind], found.reason


def plan_as_json(plan: Sequence[Job], actions: Sequence[tuple[str, str]]) -> list[dict[str, Any]]:
    """A plan as JSON."""
    return [
        {
            "name": job.name,
            "table": job.table,
            "action": action,
            "reason": reason,
            "memory": job.memory,
            "request": job.request.to_json(),
            "publication": job.publication and dataclasses.asdict(job.publication),
        }
        for job, (action, reason) in zip(plan, actions, strict=True)
    ]


def plan_as_text(plan: Sequence[Job], actions: Sequence[tuple[str, str]]) -> list[str]:
    """A plan as lines: a table, reasons where there are any, and a line that counts."""
    rows = [("network", "task", "output", "memory", "action", "published as")]
    for job, (action, _) in zip(plan, actions, strict=True):
        there = job.publication
        published = (there.handle or there.target) if there else ""
        memory = f"{job.memory / 1e9:.1f} GB"
        rows.append((job.request.network, job.request.task, job.name, memory, action, published))
    named = zip(plan, actions, strict=True)
    why = [(job.name, f"{action}: {reason}") for job, (action, reason) in named if reason]
    counts = Counter(action for action, _ in actions)
    told = ", ".join(f"{count} {_IN_SUM[action]}" for action, count in counts.items())
    reasons = ["", *_aligned([("output", "why"), *why])] if why else []
    return [*_aligned(rows), *reasons, "", f"{len(plan)} exports: {told}"]


def outcomes_as_text(outcomes: Sequence[JobOutcome]) -> list[str]:
    """What became of a run: a line that counts, and a table of what failed."""
    counts = Counter(outcome.result for outcome in outcomes)
    published = sum(outcome.published in ("new", "page") for outcome in outcomes)
    told = [f"{counts[result]} {result}" for result in ("exported", "unchanged") if counts[result]]
    told += [f"{published} published"] if published else []
    failed = [outcome for outcome in outcomes if outcome.result == "failed"]
    told += [f"{len(failed)} failed"] if failed else []
    lines = [f"{len(outcomes)} exports: {', '.join(told)}"]
    if failed:
        lines += ["", *_aligned([("failed", "why"), *map(_failure, failed)])]
    return lines


def _failure(outcome: JobOutcome) -> tuple[str, str]:
    width = len(outcome.name) + 2
    return outcome.name, outcome.detail.replace("\n", "\n" + " " * width)


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    widths[-1] = 0  # nothing follows
    padded = [[f"{cell:{w}}" for cell, w in zip(row, widths, strict=True)] for row in rows]
    return ["  ".join(row).rstrip() for row in padded]
