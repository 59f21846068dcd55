"""`slimhub list`: the networks that can be rebuilt."""

from __future__ import annotations

import argparse
import json
import sys


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds this command's arguments."""
    parser.add_argument("pattern", nargs="?", default="*", help="name with * and ?, default all")
    parser.add_argument("--format", choices=("text", "json"), default="text")


def execute(arguments: argparse.Namespace) -> int:
    """Prints one line per network; exit code 1 where none matches."""
    from slimhub import nets

    specs = [nets.get(name) for name in nets.names(arguments.pattern)]
    if not specs:
        print(f"slimhub: no network matches {arguments.pattern!r}", file=sys.stderr)
        return 1
    if arguments.format == "json":
        print(json.dumps([spec.name for spec in specs], indent=2))
        return 0
    width = max(len(spec.name) for spec in specs)
    print(f"{'network':{width}}  pixels  features  public checkpoint")
    for spec in specs:
        row = f"{spec.name:{width}}  {spec.image_size:6}  {spec.feature_depth:8}  {spec.checkpoint}"
        print(row.rstrip())
    return 0
