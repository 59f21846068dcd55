"""Words of flags: options in messages as the command's own flags, and what commands share."""

from __future__ import annotations

import argparse

from slimhub.common.errors import spell_options


def in_flags(message: str, arguments: argparse.Namespace) -> str:
    """A message as the user of a command reads it: with `--averages=raw` for `averages=raw`.

    Args:
      message: of the library.
      arguments: of the command; an option that it does not have stays as it is, as those that a
        manifest gives.
    """
    return spell_options(message, vars(arguments), "--")


def add_trust(parser: argparse.ArgumentParser) -> None:
    """Adds --trust, for commands that load an artifact."""
    parser.add_argument(
        "--trust",
        action="store_true",
        help="load the artifact even if it has operations that slimhub does not write, or files "
        "that differ from its record: it can do whatever you can",
    )


def add_format(parser: argparse.ArgumentParser) -> None:
    """Adds `--format`, text for people and JSON for programs; errors are in it, too."""
    parser.add_argument(
        "--format",
        choices=("text", "json"),
        default="text",
        help="text for people, or json for programs",
    )
