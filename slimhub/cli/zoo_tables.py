"""The plan of a zoo and what became of it, as text and JSON."""

from __future__ import annotations

import dataclasses
import shlex
import textwrap
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from slimhub import checkpoints
from slimhub.common import text
from slimhub.common.errors import SlimhubError
from slimhub.zoo import Job, JobOutcome, publisher
from slimhub.zoo.state import FOREIGN, NEW, OUTDATED, UNCHANGED, State, look

_EXPORT, _AGAIN, _NOTHING, FAIL = "export", "export again", "nothing", "fail"
_ACTIONS = {NEW: _EXPORT, OUTDATED: _AGAIN, UNCHANGED: _NOTHING, FOREIGN: FAIL}
_HUB = "hub:"
_COLUMNS = 80
_ACTION_WIDTH = 12
_IN_SUM = {
    _EXPORT: "to be exported",
    _AGAIN: "to be exported again",
    _NOTHING: "unchanged",
    FAIL: "would fail",
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
        found: State = look(request, fetches=False, renews=job.renews)
        if found.is_renewal:
            publisher.check_renewal(job.publication)
        if found.kind == NEW:
            checkpoints.digest(
                request.checkpoint,
                name=request.checkpoint_name,
                averages=request.averages,
                sha256=request.sha256,
                fetches=False,
            )
    except SlimhubError as error:
        return FAIL, str(error)
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
    """A plan as lines of 80 columns, paths apart: what would fail comes last, then the counts."""
    pairs = sorted(zip(plan, actions, strict=True), key=lambda pair: pair[1][0] == FAIL)
    lines = [f"{'action':{_ACTION_WIDTH}}  memory  output"]
    for job, (action, reason) in pairs:
        lines += _planned(job, action, reason)
    counts = Counter(action for action, _ in actions)
    summary = ", ".join(f"{count} {_IN_SUM[action]}" for action, count in counts.items())
    return [*lines, "", f"{text.count(len(plan), 'export')}: {summary}"]


def _planned(job: Job, action: str, reason: str) -> list[str]:
    memory = f"{job.memory / 1e9:.1f} GB"
    lines = [f"{action:{_ACTION_WIDTH}}  {memory:>6}  {job.name}"]
    lines.append(f"  network  {job.request.network}, {job.request.task}")
    if job.publication:
        lines.append(f"  publish  {job.publication.handle or job.publication.target}")
    if reason:
        lines += textwrap.wrap(
            reason,
            _COLUMNS,
            initial_indent="  why      ",
            subsequent_indent=" " * 11,
            break_long_words=False,
            break_on_hyphens=False,
        )
    return lines


def outcomes_as_text(outcomes: Sequence[JobOutcome]) -> list[str]:
    """The outcome of a run: a line of counts, and a table of what failed."""
    counts = Counter(outcome.result for outcome in outcomes)
    published = sum(outcome.published in ("new", "page") for outcome in outcomes)
    parts = [f"{counts[result]} {result}" for result in ("exported", "unchanged") if counts[result]]
    parts += [f"{published} published"] if published else []
    failed = [outcome for outcome in outcomes if outcome.result == "failed"]
    parts += [f"{len(failed)} failed"] if failed else []
    lines = [f"{text.count(len(outcomes), 'export')}: {', '.join(parts)}"]
    rated = [outcome for outcome in outcomes if outcome.top1 is not None]
    if rated:
        head = ("top-1 measured", "published for ImageNet", "output")
        lines += ["", *_aligned([head, *map(_rating, rated)])]
    if failed:
        lines += ["", *_aligned([("failed", "why"), *map(_failure, failed)])]
    return lines


def next_steps(plan: Sequence[Job], outcomes: Sequence[JobOutcome]) -> list[str]:
    """How to serve the hubs that a run published to, one command for each.

    Args:
      plan: the jobs.
      outcomes: of the jobs, in their order.
    """
    hubs = {
        job.publication.target.removeprefix(_HUB)
        for job, outcome in zip(plan, outcomes, strict=True)
        if job.publication and job.publication.target.startswith(_HUB) and outcome.published
    }
    return [f"serve it: {shlex.join(['slimhub', 'serve', _shown(hub)])}" for hub in sorted(hubs)]


def _shown(folder: str) -> str:
    """A folder as it is named from the working folder, where it is below that."""
    path, here = Path(folder), Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else folder


def _rating(outcome: JobOutcome) -> tuple[str, str, str]:
    published = "" if outcome.published_top1 is None else f"{outcome.published_top1:.1%}"
    return f"{outcome.top1:.2%}", published, outcome.name


def _failure(outcome: JobOutcome) -> tuple[str, str]:
    width = len(outcome.name) + 2
    return outcome.name, outcome.detail.replace("\n", "\n" + " " * width)


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    widths[-1] = 0  # nothing follows
    padded = [[f"{cell:{w}}" for cell, w in zip(row, widths, strict=True)] for row in rows]
    return ["  ".join(row).rstrip() for row in padded]
