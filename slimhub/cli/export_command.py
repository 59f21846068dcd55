"""`slimhub export`: the main job."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING, Any

from slimhub.cli import checkpoint_flags, convert_command, flag_text, network_flags

if TYPE_CHECKING:
    from slimhub.export import Result


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds this command's arguments."""
    from slimhub.export.verify import MODES
    from slimhub.nets import TASKS

    parser.add_argument(
        "network",
        metavar="NAME",
        help="a name from `slimhub list`, package.module:SPEC for a custom network, or auto for "
        "the network that the checkpoint fits",
    )
    checkpoint_flags.add(parser, "--checkpoint")
    checkpoint_flags.add_averages(parser)
    checkpoint_flags.add_scope(parser, "; NAME auto finds it")
    checkpoint_flags.add_ignore_leftover(parser)
    parser.add_argument(
        "--task",
        choices=TASKS,
        default="feature_vector",
        help="what the artifact outputs: the features, or the logits (classification)",
    )
    parser.add_argument(
        "--output", required=True, metavar="FOLDER", help="folder to write; it must be new or empty"
    )
    parser.add_argument(
        "--overwrite", action="store_true", help="replace the SavedModel at the output"
    )
    parser.add_argument(
        "--labels",
        metavar="FILE",
        help="class names, one per line, in the order of the logits (default: ImageNet's, if the "
        "network has its classes)",
    )
    parser.add_argument(
        "--proof",
        choices=MODES,
        default="full",
        help="what to prove before the artifact is put in place: everything (full), everything but "
        "training and gradients (quick), or nothing (none)",
    )
    parser.add_argument(
        "--also",
        action="append",
        default=[],
        metavar="FILE",
        help="also write the artifact as FILE.tflite or FILE.onnx, see `slimhub convert`; "
        "FILE.float16.tflite, FILE.int8.tflite and the like name how numbers are stored; can be "
        "repeated",
    )
    flag_text.add_format(parser)
    network_flags.add(parser)


def execute(arguments: argparse.Namespace) -> int:
    """Exports, and prints what was done."""
    from slimhub.cli.progress_display import ProgressDisplay
    from slimhub.export import PHASES, Request, export
    from slimhub.export.formats import PHASES as ALSO_PHASES
    from slimhub.export.formats import companions

    request = Request(
        network=arguments.network,
        checkpoint=arguments.checkpoint,
        output=arguments.output,
        task=arguments.task,
        checkpoint_name=arguments.checkpoint_name,
        sha256=arguments.sha256,
        averages=arguments.averages,
        labels=arguments.labels,
        overwrite=arguments.overwrite,
        proof=arguments.proof,
        ignore_leftover=arguments.ignore_leftover,
        scope=arguments.scope,
        options=network_flags.chosen(arguments),
    )
    also, overwrite = arguments.also, arguments.overwrite
    companions.check(arguments.output, also, overwrite)
    with ProgressDisplay(len(PHASES) + len(also) * len(ALSO_PHASES)) as progress:
        result = export(request, progress.phase, progress.transfer, forks=True)
        written = companions.write(arguments.output, also, overwrite, progress.phase)
    if arguments.format == "json":
        found = _as_json(result, arguments.output)
        if also:
            found["also"] = [conversion.to_json() for conversion in written]
        print(json.dumps(found, indent=2))
    else:
        print(flag_text.in_flags("\n".join(_lines(result, arguments.output)), arguments))
        for conversion in written:
            print(flag_text.in_flags("\n".join(convert_command.lines(conversion)), arguments))
    return 0


def _as_json(result: Result, output: str) -> dict[str, Any]:
    found = {"output": output, "record": result.record.to_json()}
    return found | ({"graph_choice": result.graph_choice} if result.graph_choice else {})


def _lines(result: Result, output: str) -> list[str]:
    from slimhub.export.verify.proof import ORIGINAL_GRAPH

    record = result.record
    source, labels = record.source, record.labels
    width, unit = record.output.width, record.output.name.replace("_vector", "s")
    rows = [("network", f"{record.network.name}, {record.task}: {width} {unit}")]
    if result.network_choice:
        rows.append(("", result.network_choice))
    if result.graph_choice:
        rows.append(("", result.graph_choice))
    rows.append(("checkpoint", f"{source.name}, from {source.origin}"))
    rows.append(("", result.choice))
    rows += [("" if i else "variables", line) for i, line in enumerate(result.filled)]
    if labels is not None:
        rows.append(("labels", f"{labels.count}, {labels.source}"))
    elif record.task == "classification":
        rows.append(("labels", "none: --labels=FILE adds the names of your classes"))
    if result.proof is None:
        rows.append(("proof", "skipped (--proof=none): this artifact is unverified"))
    else:
        rows.append(("proof", result.proof.summary()))
        told = [check for check in result.proof.checks if check.name == ORIGINAL_GRAPH]
        told += [check for check in result.proof.not_run if check not in told]
        rows += [("", f"{check.outcome}: {check.name}: {check.detail}") for check in told]
    rows.append(("artifact", f"{output}, {result.bytes / 1e6:.1f} MB"))
    rows.append(("load it", f"hub.KerasLayer({output!r}, trainable=True)"))
    return [f"{head:12}{text}".rstrip() for head, text in rows]
