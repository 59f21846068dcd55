"""`slimhub list`: the networks that can be rebuilt."""

from __future__ import annotations

import argparse
import json

from slimhub.cli import flag_text


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds this command's arguments."""
    parser.add_argument(
        "pattern",
        metavar="PATTERN",
        nargs="?",
        default="*",
        help="the beginning or a part of names, or a pattern with * and ? (default: all networks)",
    )
    flag_text.add_format(parser)


def execute(arguments: argparse.Namespace) -> int:
    """Prints one line per network."""
    from slimhub import nets
    from slimhub.cli import network_description
    from slimhub.common.errors import SlimhubError

    given = arguments.pattern
    found = nets.names(given) or nets.names(f"{given}*") or nets.names(f"*{given}*")
    specs = [nets.get(name) for name in found]
    if not specs:
        hint = nets.suggest(arguments.pattern)
        raise SlimhubError(f"no network matches {arguments.pattern!r}: {hint}")
    if arguments.format == "json":
        print(json.dumps([network_description.as_json(spec) for spec in specs], indent=2))
        return 0
    width = max(len(spec.name) for spec in specs)
    print(f"{'network':{width}}  pixels  features  public checkpoint")
    for spec in specs:
        row = f"{spec.name:{width}}  {spec.image_size:6}  {spec.feature_depth:8}  {spec.checkpoint}"
        print(row.rstrip())
    return 0
