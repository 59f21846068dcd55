"""The commands of slimhub: one table, which imports none of them."""

from __future__ import annotations

import argparse
import dataclasses
import importlib
from typing import Any, Protocol, cast

from absl.flags import argparse_flags


class CommandModule(Protocol):
    """What the module of a command has."""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Adds the command's arguments."""

    def execute(self, arguments: argparse.Namespace) -> int:
        """Runs the command, and returns an exit code."""


@dataclasses.dataclass(frozen=True)
class Command:
    """One command.

    Attributes:
      module: what is imported when the command is run, or its help is asked for.
      summary: one sentence.
    """

    module: str
    summary: str

    def load(self) -> CommandModule:
        """Imports the module."""
        return cast("CommandModule", importlib.import_module(self.module))


# In the order of the help.
COMMANDS = {
    "export": Command(
        "slimhub.cli.export_command", "Exports a TF-Slim checkpoint as a TF2 SavedModel."
    ),
    "verify": Command(
        "slimhub.cli.verify_command",
        "Checks an artifact, and that it computes what its checkpoint's network computes.",
    ),
    "inspect": Command(
        "slimhub.cli.inspect_command", "Tells what is in a checkpoint, and which network it fits."
    ),
    "list": Command("slimhub.cli.list_command", "Lists the networks that can be rebuilt."),
    "describe": Command("slimhub.cli.describe_command", "Describes one network."),
    "bundle": Command(
        "slimhub.cli.bundle_command", "Packs an artifact into the archive that a hub serves."
    ),
    "publish": Command(
        "slimhub.cli.publish_command", "Publishes an artifact, with its page, to a hub or a store."
    ),
    "serve": Command(
        "slimhub.cli.serve_command", "Serves a hub: models for hub.KerasLayer, pages for browsers."
    ),
    "page": Command(
        "slimhub.cli.page_command", "Renders an artifact's documentation page, or checks pages."
    ),
    "zoo": Command(
        "slimhub.cli.zoo_command", "Makes all exports of a manifest, and publishes them."
    ),
}


class CommandParser(argparse_flags.ArgumentParser):
    """The parser of one command: it loads the command when it is first used."""

    def __init__(self, *, command: Command, **options: Any) -> None:
        """Adds nothing of the command's own yet.

        Args:
          command: of the table.
          options: as `argparse.ArgumentParser` takes them.
        """
        super().__init__(  # type: ignore[no-untyped-call]  # absl's parser has no types
            description=command.summary, allow_abbrev=False, inherited_absl_flags=None, **options
        )
        self._command: Command | None = command

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Parses; called by the parser of `slimhub` for the command that was named."""
        self.complete()
        # absl's parser has no types
        return super().parse_known_args(args, namespace)  # type: ignore[no-untyped-call]

    def complete(self) -> None:
        """Adds the command's arguments, unless they are there."""
        if self._command is None:
            return
        module, self._command = self._command.load(), None
        self.add_argument("--debug", action="store_true", help="show a traceback with an error")
        module.add_arguments(self)
        self.set_defaults(execute=module.execute)


def parser() -> argparse.ArgumentParser:
    """The parser of the whole command line."""
    whole = argparse_flags.ArgumentParser(
        prog="slimhub",
        description="Turns TF-Slim checkpoints into TF2 SavedModels for TensorFlow Hub's users.",
        allow_abbrev=False,
    )
    parsers = whole.add_subparsers(
        title="commands", metavar="COMMAND", required=True, parser_class=CommandParser
    )
    for name, command in COMMANDS.items():
        parsers.add_parser(name, command=command, help=command.summary)
    return whole
