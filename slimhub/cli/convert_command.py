"""`slimhub convert`: an artifact as one file of another format, with its proof."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING

from slimhub.cli import flag_text

if TYPE_CHECKING:
    from slimhub.export.formats import Conversion


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds this command's arguments."""
    from slimhub.export.formats import QUANTIZATIONS
    from slimhub.nets import TASKS

    parser.add_argument("artifact", metavar="ARTIFACT", help="folder of a SavedModel")
    parser.add_argument(
        "output",
        metavar="OUTPUT",
        help="file to write: OUTPUT.tflite for LiteRT, OUTPUT.onnx for ONNX",
    )
    parser.add_argument(
        "--quantize",
        choices=QUANTIZATIONS,
        default="none",
        help="how numbers are stored: as they are (none); weights in 16 bits (float16); weights in "
        "8 bits (int8_weights); weights and activations in 8 bits (int8). Layers that would cost "
        "too much agreement in 8 bits stay in float",
    )
    parser.add_argument(
        "--calibration",
        metavar="DATA",
        help="your own images: a folder of JPEG or PNG files, or TFRecords; they set the ranges of "
        "8-bit values, the file is compared on them, too, and its accuracy is stated if they have "
        "labels (one folder per class, or image/class/label)",
    )
    parser.add_argument(
        "--accept",
        type=float,
        metavar="AGREEMENT",
        help="smallest cosine and top-1 agreement to accept, below the defaults (cosine 0.999 "
        "for float16; 0.98 and 0.99 for 8 bits)",
    )
    parser.add_argument(
        "--task",
        choices=TASKS,
        help="what the output of an artifact without a record is for; by default its name says so "
        "(logits, feature_vector), or labels, one for each value",
    )
    parser.add_argument("--overwrite", action="store_true", help="replace an existing file")
    flag_text.add_trust(parser)
    flag_text.add_format(parser)


def execute(arguments: argparse.Namespace) -> int:
    """Converts, and says what was written and how well it agrees."""
    from slimhub.cli.progress_display import ProgressDisplay
    from slimhub.export.formats import PHASES, ConversionRequest, convert

    request = ConversionRequest(
        artifact=arguments.artifact,
        output=arguments.output,
        quantize=arguments.quantize,
        calibration=arguments.calibration,
        accept=arguments.accept,
        overwrite=arguments.overwrite,
        trust=arguments.trust,
        task=arguments.task,
    )
    with ProgressDisplay(len(PHASES)) as progress:
        conversion = convert(request, progress.phase)
    if arguments.format == "json":
        print(json.dumps(conversion.to_json(), indent=2))
    else:
        text = "\n".join(lines(conversion))
        print(flag_text.in_flags(text, arguments))
    return 0


def lines(conversion: Conversion) -> list[str]:
    """What people read about a file that was written."""
    proof, mixture = conversion.proof, conversion.mixture
    rows = [
        ("file", f"{conversion.path}, {conversion.form.name}, {conversion.bytes / 1e6:.2f} MB"),
        ("agreement", proof.usual.text()),
    ]
    if conversion.quantize != "none":
        rows.append(("", f"on ramps and constants: {proof.patterns.text()}"))
    if proof.accuracy is not None:
        rows.append(("accuracy", proof.accuracy.text()))
    if conversion.trained is not None:
        rows[1] = ("agreement", f"with fake-quantized inference: {proof.usual.text()}")
        rows.append(("precision", conversion.trained.text()))
        rows.append(("", f"which agrees with float: {conversion.trained.in_float.text()}"))
    if mixture is not None:
        rows.append(("precision", mixture.text()))
        if mixture.floats:
            rows.append(("", f"in float: {mixture.shown()}"))
        rows.append(("calibration", mixture.pictures.text()))
    times = [f"{time:.2f} ms for {batch}" for batch, time in proof.milliseconds.items()]
    rows.append(("latency", f"{', '.join(times)}, on this machine"))
    rows += [("note", warning) for warning in conversion.warnings]
    return [f"{head:12}{text}".rstrip() for head, text in rows]
