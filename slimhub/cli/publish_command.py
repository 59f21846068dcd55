"""`slimhub publish`: an artifact and its page on a hub, or where else models are kept."""

from __future__ import annotations

import argparse
import dataclasses
import json

from slimhub.cli import flag_text, publish_output


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds this command's arguments."""
    parser.add_argument("artifact", metavar="ARTIFACT", help="folder of a SavedModel")
    parser.add_argument(
        "target",
        metavar="TARGET",
        help="hub:FOLDER, made if missing; kaggle://OWNER/MODEL/FRAMEWORK/VARIATION; "
        "hf://OWNER/NAME; s3://BUCKET/PREFIX; gs://BUCKET/PREFIX; file:///FOLDER",
    )
    parser.add_argument(
        "--handle",
        metavar="PUBLISHER/NAME/VERSION",
        help="what it is called there; local/NETWORK/TASK/1 by default",
    )
    parser.add_argument(
        "--url",
        help="address of the hub, for its pages; needs to be said once (http://localhost:8080). Of "
        "a bucket or folder: where it is read, if not at the store's own address",
    )
    parser.add_argument("--license", metavar="ID", help="licence that the page names")
    parser.add_argument("--dataset", metavar="ID", help="dataset that the page names")
    parser.add_argument(
        "--overwrite_card", action="store_true", help="replace a README that is there"
    )
    parser.add_argument(
        "--sign", metavar="KEY", help="sign with a private EC key: a PEM file without a password"
    )
    parser.add_argument(
        "--network",
        metavar="package.module:SPEC",
        help="of an artifact of a network of your own, for its proof",
    )
    parser.add_argument(
        "--dry_run", action="store_true", help="print what would be written, and write nothing"
    )
    parser.add_argument("--format", choices=("text", "json"), default="text")


def execute(arguments: argparse.Namespace) -> int:
    """Publishes, and says what is where."""
    from slimhub.cli.progress_display import ProgressDisplay
    from slimhub.publish.destinations import delivery

    options = delivery.PublishOptions(
        handle=arguments.handle,
        license=arguments.license,
        dataset=arguments.dataset,
        overwrite_card=arguments.overwrite_card,
        url=arguments.url,
        sign=arguments.sign,
        network=arguments.network,
        dry_run=arguments.dry_run,
    )
    with ProgressDisplay(len(delivery.PHASES)) as progress:
        outcome = delivery.deliver(arguments.artifact, arguments.target, options, progress)
    notes = tuple(flag_text.in_flags(note, arguments) for note in outcome.plan.notes)
    outcome = dataclasses.replace(outcome, plan=dataclasses.replace(outcome.plan, notes=notes))
    if arguments.format == "json":
        print(json.dumps(outcome.to_json(), indent=2))
    else:
        print("\n".join(publish_output.lines(outcome)))
    return 0
