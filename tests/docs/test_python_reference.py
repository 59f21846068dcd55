"""The Python API reference covers what the rooms export, with every argument and result."""

import importlib
import inspect
import re

import pytest

from tests.fixtures.support import REPOSITORY

PAGES = sorted(path for path in (REPOSITORY / "docs" / "api").glob("*.md") if path.stem != "index")
EXPORTED = [
    (room, name)
    for room in (path.stem for path in PAGES)
    for name in importlib.import_module(f"slimhub.{room}").__all__
]


def test_each_room_that_exports_names_has_a_page():
    rooms = {"checkpoints", "evaluate", "export", "nets", "publish", "zoo"}
    assert {path.stem for path in PAGES} == rooms
    for path in PAGES:
        assert f"::: slimhub.{path.stem}\n" in path.read_text("utf-8")


@pytest.mark.parametrize(("room", "name"), EXPORTED, ids=map("-".join, EXPORTED))
def test_public_functions_document_arguments_and_results(room, name):
    thing = getattr(importlib.import_module(f"slimhub.{room}"), name)
    if not callable(thing) or not hasattr(thing, "__module__"):
        return  # a constant
    is_alias = not inspect.isfunction(thing) and not inspect.isclass(thing)
    text = "" if is_alias else inspect.getdoc(thing)
    assert is_alias or text
    if inspect.isfunction(thing):
        signature = inspect.signature(thing)
        documented = set(re.findall(r"(?m)^  (\w+): ", text.partition("Args:")[2]))
        assert set(signature.parameters) <= documented
        assert signature.return_annotation == "None" or "Returns:" in text
