"""Flags for what a publisher says about a model, shared by `page` and `publish`."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from slimhub.publish.pages.publisher_texts import PublisherTexts


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the flags."""
    group = parser.add_argument_group(
        "texts of the publisher",
        "The target keeps them for the next time; an empty text removes one.",
    )
    group.add_argument("--description", metavar="TEXT", help="what it is, in a sentence or two")
    group.add_argument(
        "--intended_use", metavar="FILE.md", help="what the model is for, and what it is not for"
    )
    group.add_argument(
        "--training_data", metavar="TEXT", help="what the weights were trained on, in a sentence"
    )
    group.add_argument("--colab", metavar="URL", help="notebook on colab.research.google.com")
    group.add_argument("--changelog", metavar="FILE.md", help="what changed in this version")


def texts(arguments: argparse.Namespace) -> PublisherTexts | None:
    """The texts that were given, None for none.

    Args:
      arguments: of the command.

    Raises:
      RequestError: for a file that cannot be read, or a text that a page cannot hold.
    """
    from slimhub.publish.pages import publisher_texts

    given = {name: getattr(arguments, name) for name in publisher_texts.NAMES}
    stated = {name: value for name, value in given.items() if value is not None}
    return publisher_texts.PublisherTexts.from_options(stated)
