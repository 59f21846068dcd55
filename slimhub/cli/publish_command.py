"""`slimhub publish`: an artifact and its page on a hub, or where else models are kept."""

from __future__ import annotations

import argparse
import dataclasses
import json

from slimhub.cli import flag_text, publish_output, text_flags


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
        help="what it is called there (default: local/NETWORK/TASK/1)",
    )
    parser.add_argument(
        "--url",
        help="address where the hub is served, for its pages; a hub remembers it (default: "
        "http://localhost:8080). For a bucket or folder: where it is read, if not at the store's "
        "own address",
    )
    parser.add_argument("--license", metavar="ID", help="license that the page names")
    parser.add_argument(
        "--dataset",
        metavar="ID",
        help="data set that the page names, such as imagenet-ilsvrc-2012-cls",
    )
    parser.add_argument(
        "--also",
        action="append",
        metavar="FILE",
        help="also publish FILE.tflite or FILE.onnx, which `slimhub convert` made from the "
        "artifact; with kaggle://OWNER/MODEL/tfLite/VARIATION or …/onnx/… instead of the "
        "artifact; not for stores; can be repeated",
    )
    text_flags.add_arguments(parser)
    parser.add_argument(
        "--overwrite_card",
        action="store_true",
        help="replace texts that somebody else may have written",
    )
    parser.add_argument(
        "--sign",
        metavar="KEY",
        help="PEM file of a private EC key, without a password, to sign the artifact with",
    )
    parser.add_argument(
        "--network",
        metavar="package.module:SPEC",
        help="definition of a custom network, for the proof of its artifact",
    )
    parser.add_argument(
        "--trust",
        action="store_true",
        help="load the artifact for its proof even if it has operations that slimhub does not "
        "write, as custom networks may have",
    )
    parser.add_argument(
        "--require_evaluation",
        action="store_true",
        help="refuse an artifact without figures that `slimhub evaluate` measured on it; the same "
        "for the files of --also",
    )
    parser.add_argument(
        "--dry_run",
        action="store_true",
        help="print what would be sent, and send nothing; needs no credentials",
    )
    flag_text.add_format(parser)


def execute(arguments: argparse.Namespace) -> int:
    """Publishes, and says what is where."""
    from slimhub.cli.progress_display import ProgressDisplay
    from slimhub.publish.destinations import delivery

    options = delivery.PublishOptions(
        handle=arguments.handle,
        license=arguments.license,
        dataset=arguments.dataset,
        texts=text_flags.texts(arguments),
        overwrite_card=arguments.overwrite_card,
        url=arguments.url,
        also=tuple(arguments.also) if arguments.also else None,
        sign=arguments.sign,
        network=arguments.network,
        trust=arguments.trust,
        require_evaluation=arguments.require_evaluation,
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
