"""What TensorFlow imports needlessly is left out of slimhub's own processes."""

import importlib
import importlib.util
import os
import sys
import threading

import pytest

from slimhub.common import unused_packages
from slimhub.common.json_process import JsonProcess, start_python
from tests.fixtures import commands

NAMES = ("h5py", "keras", "scipy", "sklearn", "tf_keras")


@pytest.fixture
def own_process(monkeypatch):
    monkeypatch.setattr(unused_packages, "_own_process", threading.Event())
    unused_packages.leave_out()


@pytest.fixture
def unimported(monkeypatch):
    monkeypatch.setitem(sys.modules, "scipy", None)
    monkeypatch.delitem(sys.modules, "scipy")


@pytest.mark.usefixtures("own_process", "unimported")
def test_what_is_left_out_can_be_imported_afterwards():
    with unused_packages.left_out(), pytest.raises(ModuleNotFoundError, match="scipy is left"):
        importlib.import_module("scipy")
    assert "scipy" not in sys.modules
    assert importlib.util.find_spec("scipy").loader.__class__.__name__ == "SourceFileLoader"


@pytest.mark.usefixtures("own_process", "unimported")
def test_other_threads_and_packages_are_not_affected():
    found = []
    with unused_packages.left_out():
        thread = threading.Thread(
            target=lambda: found.append(importlib.util.find_spec("scipy").name)
        )
        thread.start()
        thread.join()
        assert importlib.util.find_spec("pytest")
    assert found == ["scipy"]


@pytest.mark.usefixtures("own_process", "unimported")
def test_no_module_is_made_that_another_thread_could_see():
    with unused_packages.left_out():
        spec = importlib.util.find_spec("scipy")
        with pytest.raises(ModuleNotFoundError, match="scipy is left"):
            importlib.util.module_from_spec(spec)


@pytest.mark.usefixtures("own_process")
def test_what_was_imported_stays(monkeypatch):
    monkeypatch.setitem(sys.modules, "scipy", threading)
    with unused_packages.left_out():
        assert importlib.import_module("scipy") is threading


@pytest.mark.usefixtures("unimported")
def test_programs_that_import_slimhub_have_all(monkeypatch):
    monkeypatch.setattr(unused_packages, "_own_process", threading.Event())
    with unused_packages.left_out():
        assert importlib.util.find_spec("scipy")


@pytest.mark.parametrize("legacy", ["0", "1"])
def test_processes_of_slimhub_do_without_until_something_is_used(tmp_path, monkeypatch, legacy):
    monkeypatch.setenv("TF_USE_LEGACY_KERAS", legacy)
    (tmp_path / "using.py").write_text(
        "import json, sys\n"
        "from slimhub.common import quiet_tensorflow\n"
        "def main():\n"
        "    quiet_tensorflow.imported()\n"
        f"    early = [name for name in {NAMES} if name in sys.modules]\n"
        "    import h5py, scipy.sparse, sklearn.linear_model\n"
        "    from tensorflow.keras import layers\n"
        "    names = [layers.Dense.__name__, sklearn.linear_model.LogisticRegression.__name__]\n"
        "    print(json.dumps({'early': early, 'names': names}))\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    process = JsonProcess(lambda errors: start_python("using", errors))
    assert process.receive() == {"early": [], "names": ["Dense", "LogisticRegression"]}
    process.kill()


def test_commands_do_without(tmp_path):
    # The command ends with an error, after what it imports for any network of one's own.
    (tmp_path / "told.py").write_text("import tensorflow\nSPEC = None\n")
    environment = os.environ | {"PYTHONPATH": str(tmp_path)}
    modules = commands.modules_of("describe", "told:SPEC", env=environment)
    assert "tensorflow" in modules
    assert not {name for name in NAMES if name in modules}
