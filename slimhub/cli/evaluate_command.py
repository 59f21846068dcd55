"""`slimhub evaluate`: the accuracy of an artifact on your own labeled pictures."""

from __future__ import annotations

import argparse
import json
import sys
from typing import TYPE_CHECKING

from slimhub.cli import evaluation_flags, flag_text
from slimhub.common.text import printable

if TYPE_CHECKING:
    from slimhub.evaluate import Evaluation, EvaluationRequest

_WORST = 3  # pairs of classes in the text


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds this command's arguments."""
    from slimhub.evaluate import PREPROCESSING
    from slimhub.evaluate.datasets.dataset_kinds import ORDERS

    parser.add_argument(
        "artifact",
        metavar="ARTIFACT",
        help=evaluation_flags.ARTIFACT,
    )
    parser.add_argument(
        "data",
        metavar="DATA",
        help="a folder with one folder per class; TFRecord files as TF-Slim writes them (a file, a "
        "folder or a pattern); a CSV file of path and label; or tfds:NAME/SPLIT",
    )
    parser.add_argument(
        "--split",
        default="",
        metavar="NAME",
        help="part of the data: a folder in DATA, a word in the names of TFRecord files, or a "
        "value of the column split",
    )
    parser.add_argument(
        "--train_split",
        metavar="NAME",
        help="for artifacts of features: the part of the data that a linear classifier and the "
        "nearest neighbors learn from; --split is what they are tested on",
    )
    parser.add_argument(
        "--labels",
        metavar="FILE",
        help="names of the data's labels, one per line in the order of their numbers, or "
        "NUMBER:NAME (default: class folders are named; for TFRecords, labels.txt beside them)",
    )
    parser.add_argument(
        "--label_offset",
        type=int,
        metavar="N",
        help="match by index: logit N + label (default: by name, if both sides have names)",
    )
    parser.add_argument(
        "--label_order",
        choices=ORDERS,
        default="numeric",
        help="how class folders that are called by numbers are counted: by their numbers, or as "
        "their names sort (0, 1, 10, 2)",
    )
    parser.add_argument(
        "--preprocessing",
        choices=PREPROCESSING,
        default="slim",
        help="how pictures get the network's size: the central 87.5%% of both sides, stretched, as "
        "TF-Slim evaluates (slim); a square in the middle (center_crop); or all of it, stretched "
        "(resize)",
    )
    evaluation_flags.add_batch_size(parser)
    parser.add_argument(
        "--jobs",
        type=int,
        metavar="N",
        help="share the work among N processes of this machine (default: this process, which uses "
        "all cores)",
    )
    parser.add_argument(
        "--scheduler",
        metavar="ADDRESS",
        help="have a Dask cluster do the work, whose workers see the same files: tls://HOST:8786",
    )
    parser.add_argument(
        "--at_least",
        type=float,
        metavar="TOP1",
        help="fail if the fraction of correct pictures is smaller, such as 0.65",
    )
    evaluation_flags.add_max_bad(parser)
    parser.add_argument(
        "--report",
        metavar="FOLDER",
        help="write the figures as FOLDER/evaluation.html, with plots and the pictures that were "
        "confused",
    )
    flag_text.add_trust(parser)
    flag_text.add_format(parser)


def execute(arguments: argparse.Namespace) -> int:
    """Evaluates, and prints the figures."""
    from slimhub.cli.progress_display import ProgressDisplay
    from slimhub.evaluate import PHASES, evaluate, evaluation_report
    from slimhub.export.verify import report

    if arguments.report is not None:
        report.check_folder(arguments.report, arguments.artifact, evaluation_report.FILE_NAME)
    with ProgressDisplay(len(PHASES)) as progress:
        found = evaluate(
            _request(arguments),
            on_phase=progress.phase,
            on_transfer=progress.transfer,
            on_pictures=progress.pictures,
        )
    if arguments.format == "json":
        print(json.dumps(found.to_json(), indent=2))
    else:
        print(flag_text.in_flags("\n".join(lines(found)), arguments))
    if arguments.report is not None:
        written = evaluation_report.write(arguments.report, found)
        stream = sys.stderr if arguments.format == "json" else sys.stdout
        print(f"report      {written}", file=stream)
    return 0


def _request(arguments: argparse.Namespace) -> EvaluationRequest:
    from slimhub.evaluate import EvaluationRequest

    return EvaluationRequest(
        artifact=arguments.artifact,
        data=arguments.data,
        split=arguments.split,
        train_split=arguments.train_split,
        labels=arguments.labels,
        label_offset=arguments.label_offset,
        label_order=arguments.label_order,
        preprocessing=arguments.preprocessing,
        batch_size=arguments.batch_size,
        at_least=arguments.at_least,
        max_bad=arguments.max_bad,
        trust=arguments.trust,
        jobs=arguments.jobs,
        scheduler=arguments.scheduler,
    )


def lines(found: Evaluation) -> list[str]:
    """What people read about an evaluation."""
    record = found.record
    low, high = record.interval
    part = f", {record.data.split}" if record.data.split else ""
    rows = [
        ("artifact", f"{record.artifact.name}, {record.artifact.format}"),
        ("data", f"{record.data.name}{part}: {record.count:,} images, {record.data.kind}"),
        ("labels", f"matched {record.labels}"),
        ("images", f"{record.preprocessing}, to {record.image_size} x {record.image_size}"),
        ("top-1", f"{record.top1:.2%}, between {low:.2%} and {high:.2%} at 95% confidence"),
        ("top-5", f"{record.top5:.2%}"),
        ("loss", f"{record.loss:.4f}"),
        ("calibration", f"off by {record.calibration_error:.2%} on average"),
    ]
    if record.neighbors is not None:
        rows.insert(4, ("method", "linear probe: logistic regression on the features"))
        rows.append(("neighbors", f"{record.neighbors:.2%} by the 20 nearest, cosine"))
    for pair in record.confusions[:_WORST]:
        name, answer = pair.name or str(pair.index), pair.answer_name or str(pair.answer)
        rows.append(("confused", f"{name} taken for {answer}: {pair.count}"))
    if found.images_per_second is not None:
        rows.append(("speed", f"{found.images_per_second:,.0f} images/s"))
    rows += [("note", note) for note in found.notes]
    if found.path is not None:
        rows.append(("record", str(found.path)))
    return [f"{head:12}{printable(text)}".rstrip() for head, text in rows]
