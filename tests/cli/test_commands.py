"""The table of commands, and what is imported for one of them."""

import json
import subprocess
import sys

import pytest

from slimhub.cli.commands import COMMANDS
from tests.fixtures.commands import run
from tests.fixtures.support import REPOSITORY

# Prints what a command line has imported when it was parsed, or refused.
IMPORTED = """
import contextlib, io, json, sys
from slimhub.cli import commands
with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):
    commands.parser().parse_args(sys.argv[1:])
print(json.dumps(list(sys.modules)))
"""


def imported(*words):
    command = [sys.executable, "-c", IMPORTED, *words]
    finished = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=True)
    return set(json.loads(finished.stdout))


def test_the_table_lists_every_module_of_a_command():
    files = {f"slimhub.cli.{p.stem}" for p in (REPOSITORY / "slimhub/cli").glob("*_command.py")}
    assert {command.module for command in COMMANDS.values()} == files
    for name, command in COMMANDS.items():
        assert command.module == f"slimhub.cli.{name}_command"
        assert command.summary.endswith(".")


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_can_be_loaded(name):
    module = COMMANDS[name].load()
    assert callable(module.add_arguments)
    assert callable(module.execute)


def test_the_help_lists_all_and_imports_none():
    said = " ".join(run("--help").stdout.split())
    for name, command in COMMANDS.items():
        assert f" {name} {command.summary}" in said
    found = imported("--help")
    assert not [name for name in found if name.endswith("_command")]
    assert not found & {"slimhub.nets", "slimhub.export", "tensorflow"}


@pytest.mark.parametrize("words", [["describe", "--help"], ["describe", "NAME"], ["describe"]])
def test_only_the_command_that_is_named_is_imported(words):
    found = imported(*words)
    assert {n for n in found if n.endswith("_command")} == {"slimhub.cli.describe_command"}
    assert "tensorflow" not in found


@pytest.mark.parametrize("name", COMMANDS)
def test_the_help_of_a_command_says_what_it_does(name):
    said = run(name, "--help").stdout
    assert said.startswith(f"usage: slimhub {name} ")
    assert COMMANDS[name].summary in " ".join(said.split())
    assert "--debug" in said
