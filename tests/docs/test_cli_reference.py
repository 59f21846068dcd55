"""docs/cli.md is what the program's own parsers say."""

import re

from scripts import write_cli_reference
from slimhub.cli import commands


def test_the_reference_is_current():
    written = write_cli_reference.OUTPUT.read_text("utf-8")
    stale = "run `python -m scripts.write_cli_reference`"
    assert written == write_cli_reference.reference(), stale


def test_every_flag_of_every_help_is_in_the_reference():
    sections = write_cli_reference.reference().split("\n## slimhub ")[1:]
    assert [section.split("\n")[0] for section in sections] == list(commands.COMMANDS)
    for (name, command), section in zip(commands.COMMANDS.items(), sections, strict=True):
        parser = commands.CommandParser(command=command, prog=f"slimhub {name}")
        parser.complete()
        flags = set(re.findall(r"--[a-z_0-9]+", parser.format_help())) - {"--helpfull"}
        listed = set(re.findall(r"(?m)^\| `(?:-h, )?(--[a-z_0-9]+)", section))
        assert listed <= flags
        # A help text may name a flag of another command.
        assert {flag for flag in flags if re.search(rf"\n +{flag}\b", parser.format_help())} <= (
            listed | {"--help"}
        )
