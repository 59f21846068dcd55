"""Every shell block of the documents is something that the programs of this repository take."""

import importlib.util
import re
import shlex

import pytest

from scripts import run as run_script
from slimhub.cli import commands
from tests.fixtures.documents import all_blocks, blocks, documents
from tests.fixtures.support import REPOSITORY

if importlib.util.find_spec("tomllib"):
    import tomllib
else:
    import tomli as tomllib

LANGUAGES = {"sh", "python", "toml", "text"}
# Programs of others, which are not tried here.
OTHERS = {".", "cd", "curl", "dask", "export", "git", "mkdir", "mkdocs", "openssl", "ruff"}
# Modules that `python -m` runs and nobody imports here.
OTHER_MODULES = {"build", "mypy", "tf2onnx.convert", "venv"}
OTHER_FLAGS = {"--nthreads", "--nworkers", "--resources", "--strict", "--tls-ca-file"}


def test_every_block_says_what_it_is():
    unknown = [
        str(block)
        for path in documents()
        for block in blocks(path)
        if block.language not in LANGUAGES
    ]
    assert unknown == []


def test_reasons_are_only_given_for_code():
    marked = [b for path in documents() for b in blocks(path) if b.reason]
    assert [str(block) for block in marked if block.language == "text"] == []


def lines(code):
    """Commands of a block: continued lines joined, comments left out."""
    for line in code.replace("\\\n", " ").splitlines():
        for command in line.split("&&"):
            words = shlex.split(command.partition(" > ")[0], comments=True)
            if words:
                yield words


@pytest.mark.parametrize("block", all_blocks("sh"), ids=str)
def test_commands_are_understood(block):
    for words in lines(block.code):
        check(words)


def check(words):
    program, *arguments = words
    name = program.rpartition("/")[2]
    if name == "slimhub":
        commands.parser().parse_args(arguments)  # a wrong flag ends by SystemExit
    elif name == "pip":
        check_pip(arguments)
    elif name in ("python", "python3"):
        check_python(arguments)
    else:
        assert name in OTHERS, words


def check_pip(arguments):
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text("utf-8"))["project"]
    for word in arguments:
        extras = re.fullmatch(r"(?:\.|slimhub)\[(.+)\]", word)
        if extras:
            assert set(extras[1].split(",")) <= set(project["optional-dependencies"])
        if word.startswith("requirements/"):
            assert (REPOSITORY / word).is_file()


def check_python(arguments):
    if arguments[0] == "scripts/run.py":
        assert arguments[1] in run_script.PROGRAMS
    elif arguments[0] == "-m":
        module = arguments[1]
        is_there = module in OTHER_MODULES or importlib.util.find_spec(module) is not None
        assert is_there, module
    else:
        assert (REPOSITORY / arguments[0]).is_file(), arguments


def known_flags():
    found = set(OTHER_FLAGS)
    for name, command in commands.COMMANDS.items():
        parser = commands.CommandParser(command=command, prog=name)
        parser.complete()
        found |= set(re.findall(r"--[a-z_0-9]+", parser.format_help()))
    return found | {"--version"}


PAGES = [REPOSITORY / "README.md", *sorted((REPOSITORY / "docs").glob("*.md"))]


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_flags_in_the_text_exist(path):
    text = re.sub(r"```.*?```", "", path.read_text("utf-8"), flags=re.DOTALL)
    spans = re.findall(r"`([^`\n]+)`", text)
    flags = {flag for span in spans for flag in re.findall(r"(?<![\w-])--[a-z][\w-]*", span)}
    assert flags <= known_flags()


@pytest.mark.parametrize("words", [["slimhub", "export", "--no_such_flag"], ["frobnicate"]])
def test_wrong_commands_are_found(words):
    with pytest.raises((SystemExit, AssertionError)):
        check(words)
