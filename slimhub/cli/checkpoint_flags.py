"""Flags that say which checkpoint is meant."""

from __future__ import annotations

import argparse

_HELP = (
    "checkpoint, frozen graph, SavedModel or Keras weights in HDF5: an archive, its URL (http, "
    "https, gs), a folder, a prefix, or one of the files"
)


def add(parser: argparse.ArgumentParser, checkpoint: str, *, required: bool = True) -> None:
    """Adds the flags.

    Args:
      parser: of the command.
      checkpoint: name of the argument, positional or with leading dashes.
      required: whether one with dashes has to be given.
    """
    added = parser.add_argument(checkpoint, metavar="CHECKPOINT", help=_HELP)
    if added.option_strings:  # argparse takes `required` for flags alone
        added.required = required
    parser.add_argument(
        "--checkpoint_name",
        metavar="NAME",
        help="which checkpoint, if there are several: a name from `slimhub inspect`",
    )
    parser.add_argument(
        "--sha256", metavar="DIGEST", help="sha256 that the archive or file must have, in hex"
    )


def add_averages(parser: argparse.ArgumentParser, default: str | None = "auto") -> None:
    """Adds the flag that says which values are meant.

    Args:
      parser: of the command.
      default: `auto`, or None for what the artifact's record says.
    """
    from slimhub import checkpoints

    known = "auto" if default else "what the artifact's record says"
    parser.add_argument(
        "--averages",
        choices=checkpoints.AVERAGES,
        default=default,
        help="which values to use: moving averages where they are stored (auto), only averages "
        f"(shadow), or only raw values (raw) (default: {known})",
    )


def add_ignore_leftover(parser: argparse.ArgumentParser, default: str = "") -> None:
    """Adds the flag that says which layers are left out at the owner's risk.

    Args:
      parser: of the command.
      default: what happens without it, to be appended to the help.
    """
    parser.add_argument(
        "--ignore_leftover",
        metavar="PATTERN",
        help="regular expression for names of layers that the checkpoint has and the network does "
        f"not: leave these out, at your own risk{default}",
    )


def add_scope(parser: argparse.ArgumentParser, default: str = "") -> None:
    """Adds the flag that says what stands in front of the network's names.

    Args:
      parser: of the command.
      default: what happens without it, to be appended to the help.
    """
    parser.add_argument(
        "--scope",
        metavar="PREFIX",
        help=f"prefix of the network's names in the checkpoint, such as FeatureExtractor/{default}",
    )
