"""The commands of slimhub: one table, which imports none of them."""

from __future__ import annotations

import argparse
import dataclasses
import difflib
import importlib
import itertools
from collections.abc import Sequence
from typing import Any, Protocol, cast

from slimhub.cli.argument_refusals import RefusingParser
from slimhub.common.version import __version__


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
        "slimhub.cli.verify_command", "Checks an artifact and compares it with its checkpoint."
    ),
    "convert": Command(
        "slimhub.cli.convert_command",
        "Converts an artifact to LiteRT or ONNX, and proves the file.",
    ),
    "evaluate": Command(
        "slimhub.cli.evaluate_command", "Measures the accuracy of an artifact on labeled pictures."
    ),
    "benchmark": Command(
        "slimhub.cli.benchmark_command", "Measures how long calls of artifacts take."
    ),
    "features": Command(
        "slimhub.cli.features_command", "Writes an artifact's answers to pictures as Parquet files."
    ),
    "inspect": Command(
        "slimhub.cli.inspect_command", "Shows what is in a checkpoint, and which network it fits."
    ),
    "list": Command("slimhub.cli.list_command", "Lists the networks that can be rebuilt."),
    "describe": Command("slimhub.cli.describe_command", "Describes one network."),
    "bundle": Command(
        "slimhub.cli.bundle_command", "Packs an artifact into the archive that a hub serves."
    ),
    "publish": Command(
        "slimhub.cli.publish_command", "Publishes an artifact, with its page, to a hub or a store."
    ),
    "unpublish": Command(
        "slimhub.cli.unpublish_command", "Withdraws a version from a hub in a folder."
    ),
    "serve": Command(
        "slimhub.cli.serve_command", "Serves a hub: models for hub.KerasLayer, pages for browsers."
    ),
    "page": Command(
        "slimhub.cli.page_command", "Renders an artifact's documentation page, or checks pages."
    ),
    "zoo": Command(
        "slimhub.cli.zoo_command", "Runs all exports of a manifest, and publishes them."
    ),
    "completion": Command(
        "slimhub.cli.completion_command", "Prints the completions of a shell: bash, zsh or fish."
    ),
}


class CommandParser(RefusingParser):
    """The parser of one command: it loads the command when it is first used."""

    def __init__(self, *, command: Command, **options: Any) -> None:
        """Adds nothing of the command's own yet.

        Args:
          command: of the table.
          options: as `argparse.ArgumentParser` takes them.
        """
        super().__init__(description=command.summary, **options)
        self._command: Command | None = command

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Parses; called by the parser of `slimhub` for the command that was named."""
        self.complete()
        found, rest = super().parse_known_args(args, namespace)
        if rest:  # refused here, with the name of the command
            self.error(f"unrecognized arguments: {' '.join(rest)}")
        return found, rest

    @property
    def arguments(self) -> Sequence[argparse.Action]:
        """All arguments, once they are complete."""
        return self._actions

    def complete(self) -> None:
        """Adds the command's arguments, unless they are there."""
        if self._command is None:
            return
        module, self._command = self._command.load(), None
        self.add_argument("--debug", action="store_true", help="show a traceback with an error")
        module.add_arguments(self)
        self.set_defaults(execute=module.execute)
        for action in self._actions:
            _state_default(action)


def _state_default(action: argparse.Action) -> None:
    """Adds the default to a help text that does not tell it."""
    is_told = action.default in (None, False, "", argparse.SUPPRESS)
    if not is_told and "default" not in (action.help or ""):
        action.help = " ".join(filter(None, (action.help, "(default: %(default)s)")))


class WholeParser(RefusingParser):
    """The parser of the whole command line: `slimhub` and `slimhub help` show its help.

    Attributes:
      commands: the parser of each command.
    """

    commands: dict[str, CommandParser]

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Parses, and takes `help COMMAND` for `COMMAND --help`."""
        words = self._words = list(args or [])
        if not words or words == ["help"]:
            words = ["--help"]
        elif words[0] == "help":
            words = [words[1], "--help"]
        if not words[0].startswith("-") and words[0] not in COMMANDS:
            near = difflib.get_close_matches(words[0], COMMANDS, n=1)
            hint = f"did you mean {near[0]}?" if near else f"the commands are {', '.join(COMMANDS)}"
            self.error(f"unknown command {words[0]!r}: {hint}")
        return super().parse_known_args(words, namespace)

    def refuse_unknown_flags(self, words: Sequence[str]) -> None:
        """Those behind the command are the command's; a command's flag cannot be before it."""
        own = list(itertools.takewhile(lambda word: word.startswith("-"), words))
        index = next((i for i, word in enumerate(words) if word in self.commands), 0)
        if own and index:
            self._refuse_early_flags(own, words[index], " ".join(words[:index]))
        super().refuse_unknown_flags(own)

    def _refuse_early_flags(self, flags: Sequence[str], command: str, before: str) -> None:
        """Refuses flags of a command that are in front of it."""
        parser = self.commands[command]
        parser.complete()
        for flag in (word.partition("=")[0] for word in flags):
            if flag in parser.flags - self.flags:
                self.error(f"{flag} goes after the command: slimhub {command} {before}")


def parser(*, is_complete: bool = False) -> WholeParser:
    """The parser of the whole command line.

    Args:
      is_complete: whether all commands have their arguments already, for a look at all of them;
        otherwise a command is imported when its arguments are parsed.
    """
    whole = WholeParser(
        prog="slimhub",
        description="Turns TF-Slim checkpoints into TF2 SavedModels for TensorFlow Hub.",
    )
    whole.add_argument("--version", action="version", version=f"slimhub {__version__}")
    parsers = whole.add_subparsers(
        title="commands", metavar="COMMAND", required=True, parser_class=CommandParser
    )
    whole.commands = {
        name: parsers.add_parser(name, command=command, help=command.summary)
        for name, command in COMMANDS.items()
    }
    if is_complete:
        for command_parser in whole.commands.values():
            command_parser.complete()
    return whole
