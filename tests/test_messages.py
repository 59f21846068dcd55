"""How messages name options: the library marks them, the command line spells them as flags."""

import argparse
import ast
import json
import re

import pytest

from slimhub.cli.flag_text import in_flags
from slimhub.common.errors import CheckpointError, ExportError, option
from tests.fixtures.support import REPOSITORY

ROOMS = ("nets", "checkpoints", "evaluate", "export", "publish", "zoo", "slimhub/common")
FLAG = re.compile(r"--[a-z_\0]")
# Parts of whole commands, not of messages; \0 stands for what an f-string fills in.
OF_COMMANDS = {"--\0", "--\0=\0", "dask worker ADDRESS --nthreads=1 --resources MEMORY=8e9"}


def texts(path):
    """All texts of a file but the docstrings."""
    tree = ast.parse(path.read_text("utf-8"))
    parts = {id(p) for n in ast.walk(tree) if isinstance(n, ast.JoinedStr) for p in n.values}
    parts |= {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield "".join(p.value if isinstance(p, ast.Constant) else "\0" for p in node.values)
        elif isinstance(node, ast.Constant) and id(node) not in parts:
            yield from [node.value] if isinstance(node.value, str) else []


@pytest.mark.parametrize("room", ROOMS)
def test_no_message_of_the_library_spells_a_flag(room):
    paths = sorted((REPOSITORY / room).rglob("*.py"))
    assert paths
    for path in paths:
        for text in texts(path):
            message = re.sub(r"`[^`]*`", "", text)  # a command to run may be spelled out
            assert text in OF_COMMANDS or not FLAG.search(message), (path, text)


def test_the_search_for_flags_finds_them(tmp_path):
    path = tmp_path / "module.py"
    path.write_text('"""Docs: --a."""\nraise E(f"give --{a} or " "--b")\nF = ["run `x --c`"]\n')
    assert list(texts(path)) == ["give --\0 or --b", "run `x --c`"]


def command(**values):
    return argparse.Namespace(**values)


def test_an_option_is_named_with_or_without_a_value():
    assert option("averages") == "`averages`"
    assert option("averages", "raw") == "`averages=raw`"
    assert option("num_classes", 0) == "`num_classes=0`"


def test_the_command_line_spells_its_own_options():
    message = f"{option('averages', 'raw')}: leave it out, or name {option('checkpoint_name')}"
    whole = command(averages="raw", checkpoint_name=None)
    assert in_flags(message, whole) == "--averages=raw: leave it out, or name --checkpoint_name"
    # Elsewhere, as in a zoo, it is a key.
    assert in_flags(message, command(manifest="zoo.toml")) == message


def test_what_is_no_option_stays():
    message = "run `slimhub verify`, see `averages raw` and `a\n=b`: ``"
    assert in_flags(message, command(averages=None, a=None)) == message


def test_marks_stay_in_other_messages_and_in_json():
    error = CheckpointError(f"no {option('averages', 'shadow')} there")
    longer = ExportError(f"{error}\ngive {option('task', 'classification')}")
    sent = json.loads(json.dumps({"error": str(longer)}))["error"]
    said = in_flags(str(ExportError(sent)), command(averages=None, task=None))
    assert said == "no --averages=shadow there\ngive --task=classification"
