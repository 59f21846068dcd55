"""Programs say what they do before they do it."""

import ast
import subprocess
import sys

import pytest

from tests.fixtures.support import REPOSITORY

# Run by other programs, not by people.
INTERNAL = {"compatibility_consumer.py"}
PROGRAMS = [
    path
    for path in sorted((REPOSITORY / "scripts").glob("*.py"))
    if "__main__" in path.read_text() and path.name not in INTERNAL
]
QUICK = ["check_types", "compatibility", "store_oldest_operations", "write_cli_reference"]


def test_there_are_programs():
    assert len(PROGRAMS) > 10
    assert set(QUICK) <= {path.stem for path in PROGRAMS}


@pytest.mark.parametrize("path", [p for p in PROGRAMS if p.stem != "run"], ids=lambda p: p.stem)
def test_the_command_line_is_read_before_anything_is_done(path):
    """The first statements of main make a parser, and nothing before its `parse_` has an effect."""
    (main,) = (
        node
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.FunctionDef) and node.name == "main"
    )
    statements = [ast.unparse(statement) for statement in main.body]
    parsed = next(i for i, text in enumerate(statements) if "parse_" in text)
    for text in statements[:parsed]:
        is_declared = "parser" in text or "=" in text or text.startswith(("'", '"'))
        assert is_declared, text
        assert "subprocess" not in text
        assert "write_" not in text


@pytest.mark.parametrize("name", QUICK)
def test_help_is_shown(name):
    command = [sys.executable, "-m", f"scripts.{name}", "--help"]
    finished = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert finished.stdout.startswith("usage: ")


# Prints which programs have imported TensorFlow before their command line was read.
_IMPORTED = """
import importlib, sys
for name in sys.argv[1:]:
    importlib.import_module("scripts." + name)
    if "tensorflow" in sys.modules:
        sys.exit(name)
"""


def test_programs_import_tensorflow_only_after_their_command_line_was_read():
    names = [path.stem for path in PROGRAMS if path.stem != "run"]
    command = [sys.executable, "-c", _IMPORTED, *names]
    finished = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True)
    assert finished.returncode == 0, finished.stderr


def test_the_set_up_shows_help_and_sets_nothing_up(tmp_path):
    program = tmp_path / "scripts" / "run.py"
    program.parent.mkdir()
    program.write_bytes((REPOSITORY / "scripts" / "run.py").read_bytes())
    finished = subprocess.run(
        [sys.executable, program, "--help"], capture_output=True, text=True, check=True
    )
    assert "scripts/run.py demo" in finished.stdout
    assert sorted(path.name for path in tmp_path.iterdir()) == ["scripts"]
