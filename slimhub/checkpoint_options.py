"""Flags that say which checkpoint is meant."""

from __future__ import annotations

import argparse

_HELP = "archive, its URL (http, https, gs), folder, prefix, or one of the checkpoint's files"


def add(parser: argparse.ArgumentParser, checkpoint: str) -> None:
    """Adds the flags.

    Args:
      parser: of the command.
      checkpoint: name of the argument, positional or with leading dashes.
    """
    required = {"required": True} if checkpoint.startswith("-") else {}
    parser.add_argument(checkpoint, metavar="CHECKPOINT", help=_HELP, **required)
    parser.add_argument(
        "--checkpoint_name",
        metavar="NAME",
        help="which one, where there are several, as `slimhub inspect` names them",
    )
    parser.add_argument(
        "--sha256", metavar="DIGEST", help="hex digest the archive or file must have"
    )
