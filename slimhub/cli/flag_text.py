"""Spells the options in the library's messages as flags of the command that runs."""

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
