"""`slimhub inspect`: what is in a checkpoint."""

from __future__ import annotations

import argparse
import json

from slimhub import checkpoint_options

NAME = "inspect"
SUMMARY = "Tells what is in a checkpoint, and which network it fits."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds this command's arguments."""
    checkpoint_options.add(parser, "checkpoint")
    parser.add_argument("--tensors", action="store_true", help="list every tensor")
    parser.add_argument("--format", choices=("text", "json"), default="text")


def execute(arguments: argparse.Namespace) -> int:
    """Prints what is in the checkpoint."""
    import checkpoints
    import nets
    from slimhub.progress import Progress

    with (
        Progress(1) as progress,
        checkpoints.open(
            arguments.checkpoint,
            name=arguments.checkpoint_name,
            sha256=arguments.sha256,
            progress=progress.transfer,
        ) as checkpoint,
    ):
        description = checkpoints.describe(checkpoint)
        fits = nets.find_fits({name: tuple(t.shape) for name, t in checkpoint.tensors.items()})
    if arguments.format == "json":
        whole = [{"network": f.network, "num_classes": f.num_classes} for f in fits if f.is_whole]
        print(json.dumps(description | {"fits": whole}, indent=2))
        return 0
    print(checkpoints.render(description, tensors=arguments.tensors))
    if fits:
        print("\n".join(f"fits        {fit}" for fit in fits))
    else:
        print("fits        no registered network")
    return 0
