"""`slimhub inspect`: what is in a checkpoint."""

from __future__ import annotations

import argparse
import json

from slimhub.cli import checkpoint_flags, flag_text


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds this command's arguments."""
    checkpoint_flags.add(parser, "checkpoint")
    parser.add_argument("--tensors", action="store_true", help="list every tensor")
    flag_text.add_format(parser)


def execute(arguments: argparse.Namespace) -> int:
    """Prints what is in the checkpoint."""
    from slimhub import checkpoints
    from slimhub.cli.progress_display import ProgressDisplay
    from slimhub.common.errors import spell_options
    from slimhub.export import network_match
    from slimhub.nets.options import NetworkOptions

    with (
        ProgressDisplay(1) as progress,
        checkpoints.open(
            arguments.checkpoint,
            name=arguments.checkpoint_name,
            sha256=arguments.sha256,
            progress=progress.transfer,
        ) as checkpoint,
    ):
        description = checkpoints.describe(checkpoint)
        found = network_match.by_scope(checkpoint)
    if arguments.format == "json":
        whole = [
            match.to_json() | {"scope": scope}
            for scope, matches in found.items()
            for match in matches
            if match.is_whole
        ]
        print(json.dumps(description | {"fits": whole}, indent=2))
        return 0
    print(checkpoints.render(description, tensors=arguments.tensors))
    lines = [
        f"fits        {line}" + (f"; below {scope}, --scope={scope}" if scope else "")
        for scope, matches in found.items()
        for line in network_match.render(matches)
    ]
    text = "\n".join(lines) or "fits        no registered network"
    print(spell_options(text, NetworkOptions.__dataclass_fields__, "--"))
    return 0
