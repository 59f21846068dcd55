"""`slimhub benchmark`: how long calls of artifacts take on this machine."""

from __future__ import annotations

import argparse
import dataclasses
import json
from typing import TYPE_CHECKING

from slimhub.cli import evaluation_flags, flag_text

if TYPE_CHECKING:
    from slimhub.evaluate.latency import Benchmark


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds this command's arguments."""
    parser.add_argument(
        "artifacts",
        nargs="+",
        metavar="ARTIFACT",
        help=evaluation_flags.ARTIFACT,
    )
    parser.add_argument(
        "--batch",
        type=int,
        nargs="+",
        default=[1, 8, 32],
        metavar="N",
        help="images in a call (default: 1 8 32)",
    )
    parser.add_argument(
        "--threads",
        type=int,
        nargs="+",
        default=[],
        metavar="N",
        help="threads of a call (default: one, and one per core)",
    )
    flag_text.add_trust(parser)
    flag_text.add_format(parser)


def execute(arguments: argparse.Namespace) -> int:
    """Measures, and prints the times."""
    from slimhub.cli.progress_display import ProgressDisplay
    from slimhub.evaluate import latency

    with ProgressDisplay(len(arguments.artifacts)) as progress:
        found = latency.measure(
            arguments.artifacts,
            arguments.batch,
            arguments.threads,
            trust=arguments.trust,
            on_phase=progress.phase,
        )
    if arguments.format == "json":
        rows = [dataclasses.asdict(one) | {"path": one.path and str(one.path)} for one in found]
        print(json.dumps(rows, indent=2))
    else:
        print("\n".join(lines(found)))
    return 0


def lines(found: list[Benchmark]) -> list[str]:
    """What people read about latencies."""
    from slimhub.evaluate.latency_process import CALLS, WARM_UP

    rows = [
        f"cpu         {found[0].cpu}",
        f"calls       up to {CALLS} in 3 seconds, after a warm-up of {WARM_UP}; times in ms",
        "",
        f"{'batch':>5} {'threads':>7} {'median':>9} {'90th':>9} {'images/s':>9}  artifact",
    ]
    for one in found:
        for time in one.latencies:
            rate = 1000 * time.batch / time.median
            rows.append(
                f"{time.batch:5} {time.threads:7} {time.median:9.2f} {time.p90:9.2f} {rate:9,.0f}"
                f"  {one.artifact}, {one.format}"
            )
    rows += [f"record      {one.path}" for one in found if one.path is not None]
    return rows
