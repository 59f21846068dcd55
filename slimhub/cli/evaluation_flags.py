"""Flags of commands that run artifacts on pictures."""

from __future__ import annotations

import argparse

# The help of the argument ARTIFACT.
ARTIFACT = (
    "folder of a SavedModel, a .tflite or .onnx file of `slimhub convert`, or the URL of a hub's "
    "model"
)


def add_batch_size(parser: argparse.ArgumentParser) -> None:
    """Adds --batch_size."""
    from slimhub.evaluate.evaluation_request import BATCH

    parser.add_argument("--batch_size", type=int, default=BATCH, help="pictures in one call")


def add_max_bad(parser: argparse.ArgumentParser) -> None:
    """Adds --max_bad."""
    from slimhub.evaluate.evaluation_request import MAX_BAD

    parser.add_argument(
        "--max_bad",
        type=float,
        default=MAX_BAD,
        metavar="FRACTION",
        help="fail if more pictures are damaged",
    )
