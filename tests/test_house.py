"""The rules of the house: who imports whom, and what an import costs."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import REPOSITORY

# From right to left: no room imports from a room to its left.
ALLOWED = {
    "nets": set(),
    "checkpoints": set(),
    "export": {"nets", "checkpoints"},
    "publish": {"nets", "checkpoints", "export"},
    "slimhub": {"nets", "checkpoints", "export", "publish"},
}
SECOND_DOOR = Path("export/__main__.py")  # `python -m export`, imported by nothing


def imported(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    ours = {name.removeprefix("slimhub.") for name in names if name.startswith("slimhub.")}
    rooms = {name.split(".")[0] for name in ours}
    others = {name.split(".")[0] for name in names if not name.startswith("slimhub.")}
    return {room if room in ALLOWED else "slimhub" for room in rooms} | others


@pytest.mark.parametrize("room", ALLOWED)
def test_no_room_imports_from_its_left(room):
    files = [path.relative_to(REPOSITORY) for path in (REPOSITORY / room).rglob("*.py")]
    assert files
    for file in files:
        if file == SECOND_DOOR:
            continue
        others = imported(REPOSITORY / file) & (set(ALLOWED) | {"scripts", "tests"}) - {room}
        assert others <= ALLOWED[room], file


@pytest.mark.parametrize("room", ALLOWED)
def test_importing_a_room_imports_no_tensorflow(room):
    name = "slimhub" if room == "slimhub" else f"slimhub.{room}"
    program = f"import sys, {name}; print([m for m in sys.modules if m in ('tensorflow', 'pooch')])"
    command = [sys.executable, "-c", program]
    output = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert output.stdout.strip() == "[]"
