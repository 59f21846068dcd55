"""What TensorFlow imports needlessly is left out of slimhub's own processes."""

import importlib
import importlib.util
import json
import sys

import pytest

from slimhub.common import unused_packages
from slimhub.common.json_process import JsonProcess, start_python
from tests.fixtures import commands


@pytest.fixture(autouse=True)
def unchanged(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn", sys.modules.get("sklearn"))
    monkeypatch.delitem(sys.modules, "sklearn")


def test_what_is_hidden_can_be_shown_again():
    assert importlib.util.find_spec("sklearn")
    unused_packages.hide()
    with pytest.raises(ImportError):
        importlib.import_module("sklearn")
    unused_packages.show()
    assert importlib.util.find_spec("sklearn")


def test_what_was_imported_stays(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn", json)
    unused_packages.hide()
    unused_packages.show()
    assert sys.modules["sklearn"] is json


def test_commands_and_their_processes_hide_it(tmp_path, monkeypatch):
    (tmp_path / "looking.py").write_text(
        "import json, sys\n"
        "def main(): print(json.dumps({'hidden': sys.modules.get('sklearn', 0) is None}))\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    process = JsonProcess(lambda errors: start_python("looking", errors))
    assert process.receive() == {"hidden": True}
    process.kill()
    assert "sklearn" in commands.modules_of("list")
