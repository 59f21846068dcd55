"""`slimhub zoo`: many exports at once."""

from __future__ import annotations

import argparse
import gc
import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from slimhub.cli import flag_text
from slimhub.common import text

if TYPE_CHECKING:
    from slimhub.zoo import Job, JobOutcome

_OPEN_SCHEDULER = (
    "without TLS, anyone who can reach the scheduler can run programs as its owner; use a tls:// "
    "address"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds this command's arguments."""
    parser.add_argument("manifest", metavar="MANIFEST", help="TOML file that lists the exports")
    parser.add_argument(
        "--folder",
        metavar="FOLDER",
        help="folder that relative paths in the manifest start from (default: its own folder)",
    )
    parser.add_argument(
        "--dry_run",
        action="store_true",
        help="print the plan without running it; exit code 1 if an export would fail",
    )
    parser.add_argument(
        "--renew",
        action="store_true",
        help="export again what another release of slimhub wrote (default: it is left as it is)",
    )
    where = parser.add_mutually_exclusive_group()
    where.add_argument(
        "--jobs",
        type=int,
        metavar="N",
        help="exports to run at the same time (default: one per core)",
    )
    where.add_argument(
        "--scheduler",
        metavar="ADDRESS",
        help="address of a Dask scheduler, such as tls://host:8786: run the exports on its cluster",
    )
    parser.add_argument(
        "--memory",
        type=float,
        metavar="GB",
        help="memory that all exports on this machine may use together (default: 90%% of it)",
    )
    parser.add_argument(
        "--progress",
        choices=("auto", "bar", "lines", "json"),
        default="auto",
        help="bars, plain lines, or one JSON event per line on stderr (default: bars on a "
        "terminal, lines elsewhere)",
    )
    flag_text.add_format(parser)


def execute(arguments: argparse.Namespace) -> int:
    """Runs a plan and prints the outcome; exit code 1 if an export failed, or would fail."""
    from slimhub import zoo
    from slimhub.common import extras
    from slimhub.common.errors import RequestError

    for name in ("jobs", "memory"):
        value = getattr(arguments, name)
        if value is not None and not value > 0:
            raise RequestError(f"--{name}={value:g} must be above 0")
    if arguments.memory is not None and arguments.scheduler is not None:
        raise RequestError(
            "--memory applies to this machine only: set the memory of a cluster on its workers"
        )
    folder = None if arguments.folder is None else Path(arguments.folder)
    plan = zoo.plan(Path(arguments.manifest), folder, renews=arguments.renew)
    from slimhub.cli import zoo_tables  # a refused manifest has no need of it

    as_json = arguments.format == "json"
    if arguments.dry_run:
        states = zoo_tables.states(plan)
        if as_json:
            print(json.dumps(zoo_tables.plan_as_json(plan, states), indent=2))
        else:
            print("\n".join(zoo_tables.plan_as_text(plan, states)))
        return int(any(action == zoo_tables.FAIL for action, _ in states))
    extras.need("distributed", "cryptography", extra="zoo")
    outcomes = _run(plan, arguments)
    if as_json:
        print(json.dumps([outcome.to_json() for outcome in outcomes], indent=2))
    else:
        lines = zoo_tables.outcomes_as_text(outcomes)
        print("\n".join([*lines, *zoo_tables.next_steps(plan, outcomes)]))
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
    done = 0

    def count(event: dict[str, Any]) -> None:
        nonlocal done
        done += event["event"] == "finished" and event["result"] != "failed"
        on_event(event)

    try:
        with zoo_progress.shown(arguments.progress, len(plan)) as on_event:
            if arguments.scheduler is not None and not clusters.is_encrypted(arguments.scheduler):
                on_event({"event": "warning", "detail": _OPEN_SCHEDULER, "time": time.time()})
            with cluster as client:
                return execution.carry_out(client, plan, count)
    except KeyboardInterrupt:
        raise KeyboardInterrupt(
            f"{done} of {text.count(len(plan), 'export')} done and kept: run the same command "
            "again for the rest"
        ) from None
