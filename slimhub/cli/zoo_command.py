"""`slimhub zoo`: many exports at once."""

from __future__ import annotations

import argparse
import gc
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from slimhub.zoo import Job, JobOutcome


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds this command's arguments."""
    parser.add_argument("manifest", metavar="MANIFEST", help="TOML file that lists the exports")
    parser.add_argument(
        "--folder",
        metavar="FOLDER",
        help="what relative paths of the manifest begin at; its own folder by default",
    )
    parser.add_argument(
        "--dry_run", action="store_true", help="print what would be done, and do nothing"
    )
    where = parser.add_mutually_exclusive_group()
    where.add_argument(
        "--jobs", type=int, metavar="N", help="exports side by side; one for each core by default"
    )
    where.add_argument(
        "--scheduler",
        metavar="ADDRESS",
        help="run it on the Dask cluster whose scheduler is there, such as tcp://host:8786",
    )
    parser.add_argument(
        "--memory",
        type=float,
        metavar="GB",
        help="gigabytes that all exports of this machine may need together; 90%% of it by default",
    )
    parser.add_argument(
        "--progress",
        choices=("auto", "bar", "lines", "json"),
        default="auto",
        help="bars (auto on a terminal), lines (auto elsewhere), or an event for a program on each "
        "line of stderr (json)",
    )
    parser.add_argument("--format", choices=("text", "json"), default="text")


def execute(arguments: argparse.Namespace) -> int:
    """Plans, runs the plan, and prints what became of it; exit code 1 where an export failed."""
    from slimhub import zoo
    from slimhub.cli import zoo_tables
    from slimhub.common import extras
    from slimhub.common.errors import RequestError

    for name in ("jobs", "memory"):
        value = getattr(arguments, name)
        if value is not None and not value > 0:
            raise RequestError(f"--{name}={value:g} must be above 0")
    if arguments.memory is not None and arguments.scheduler is not None:
        raise RequestError("--memory is for this machine: workers of a cluster say themselves")
    folder = None if arguments.folder is None else Path(arguments.folder)
    plan = zoo.plan(Path(arguments.manifest), folder)
    as_json = arguments.format == "json"
    if arguments.dry_run:
        states = zoo_tables.states(plan)
        if as_json:
            print(json.dumps(zoo_tables.plan_as_json(plan, states), indent=2))
        else:
            print("\n".join(zoo_tables.plan_as_text(plan, states)))
        return 0
    extras.need("distributed", extra="zoo")
    outcomes = _run(plan, arguments)
    if as_json:
        print(json.dumps([outcome.to_json() for outcome in outcomes], indent=2))
    else:
        print("\n".join(zoo_tables.outcomes_as_text(outcomes)))
    return int(any(outcome.result == "failed" for outcome in outcomes))


def _run(plan: Sequence[Job], arguments: argparse.Namespace) -> list[JobOutcome]:
    from slimhub.cli import zoo_progress
    from slimhub.zoo import clusters, execution

    gc.enable()  # which `slimhub.cli.main` turns off for commands that end
    memory = None if arguments.memory is None else int(arguments.memory * 1e9)
    if arguments.scheduler is None:
        cluster = clusters.local(arguments.jobs, memory, plan)
    else:
        cluster = clusters.existing(arguments.scheduler, plan)
    with zoo_progress.shown(arguments.progress, len(plan)) as on_event, cluster as client:
        return execution.carry_out(client, plan, on_event)
