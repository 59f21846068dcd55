"""`slimhub features`: what an artifact answers to your pictures, as Parquet files."""

from __future__ import annotations

import argparse
import json

from slimhub.cli import evaluation_flags, flag_text
from slimhub.common.text import printable


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds this command's arguments."""
    from slimhub.evaluate import PREPROCESSING

    parser.add_argument(
        "artifact",
        metavar="ARTIFACT",
        help=evaluation_flags.ARTIFACT,
    )
    parser.add_argument(
        "data", metavar="DATA", help="pictures with labels, as `slimhub evaluate` takes them"
    )
    parser.add_argument(
        "output",
        metavar="OUTPUT.parquet",
        help="folder to write: one file for each 1,024 pictures, with the columns id, label, class "
        "and vector; an interrupted run goes on where it was",
    )
    parser.add_argument("--split", default="", metavar="NAME", help="part of the data")
    parser.add_argument("--labels", metavar="FILE", help="names of the data's labels")
    parser.add_argument(
        "--preprocessing",
        choices=PREPROCESSING,
        default="slim",
        help="how pictures get the network's size, see `slimhub evaluate`",
    )
    evaluation_flags.add_batch_size(parser)
    evaluation_flags.add_max_bad(parser)
    parser.add_argument(
        "--overwrite", action="store_true", help="replace files that are there already"
    )
    flag_text.add_trust(parser)
    flag_text.add_format(parser)


def execute(arguments: argparse.Namespace) -> int:
    """Writes the vectors, and says how many there are."""
    from slimhub.cli.progress_display import ProgressDisplay
    from slimhub.evaluate import EvaluationRequest, features

    request = EvaluationRequest(
        artifact=arguments.artifact,
        data=arguments.data,
        split=arguments.split,
        labels=arguments.labels,
        preprocessing=arguments.preprocessing,
        batch_size=arguments.batch_size,
        max_bad=arguments.max_bad,
        trust=arguments.trust,
    )
    with ProgressDisplay(len(features.PHASES)) as progress:
        found = features.write(
            request,
            arguments.output,
            overwrite=arguments.overwrite,
            on_phase=progress.phase,
            on_transfer=progress.transfer,
            on_pictures=progress.pictures,
        )
    if arguments.format == "json":
        print(json.dumps(found.to_json(), indent=2))
        return 0
    kept = f", {found.resumed} of an earlier run" if found.resumed else ""
    print(f"features    {found.path}: {found.count:,} vectors of {found.width:,} numbers")
    print(f"files       {found.parts}{kept}")
    for name, reason in found.damaged:
        print(f"left out    {printable(f'{name}: {reason}')}")
    return 0
