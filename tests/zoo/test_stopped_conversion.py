"""A conversion ends with its run, with its parent, and leaves nothing behind."""

import asyncio
import functools
import os
import threading
import time
from pathlib import Path

import pytest

from slimhub.common.errors import ExportError
from slimhub.common.json_process import JsonProcess, start_python
from slimhub.export.formats import companions, conversion_client
from slimhub.export.request import Request
from slimhub.zoo import zoo_worker
from slimhub.zoo.jobs import Job, JobOutcome

# The processes as they are, with work that takes long and no TensorFlow.
CONVERSION = """
import time
from pathlib import Path
from slimhub.export.formats import companions, conversion_process

def write(artifact, paths, overwrite, on_phase):
    stage = Path(paths[0])
    stage.touch()
    on_phase("converting it")
    try:
        time.sleep(60)
    finally:
        stage.unlink()

companions.write = write
main = conversion_process.main
"""
RUNTIME = """
import time
from slimhub.export.formats import runtime_process
runtime_process.run = lambda: time.sleep(60)
main = runtime_process.main
"""


@pytest.fixture
def child(tmp_path, monkeypatch):
    """How to start a process of a program."""

    def start(name, program):
        (tmp_path / f"{name}.py").write_text(program)
        monkeypatch.setattr("sys.path", [str(tmp_path), *sys_path])
        return functools.partial(start_python, name)

    import sys

    sys_path = list(sys.path)
    return start


def test_an_interrupted_run_ends_its_conversion(child, monkeypatch, tmp_path):
    start = child("conversion_of_tests", CONVERSION)
    monkeypatch.setattr(conversion_client, "_START", start)
    stage = tmp_path / "stage.tflite"
    monkeypatch.setattr(companions, "outdated", lambda artifact, also: list(also))
    monkeypatch.setattr(zoo_worker, "_stopped", set())
    job = Job("a", "t", Request("n", "c", str(tmp_path)), 1, None, (str(stage),))
    phases, errors = [], []

    def work():
        try:
            zoo_worker._write_also(job, JobOutcome("a", "exported"), "run", phases.append)
        except ExportError as error:
            errors.append(str(error))

    thread = threading.Thread(target=work)
    thread.start()
    end = time.monotonic() + 20
    while not phases and time.monotonic() < end:
        time.sleep(0.01)
    assert stage.exists()
    ((_, conversion),) = zoo_worker._conversions.items()
    asyncio.run(zoo_worker.stop("other run"))
    assert stage.exists()
    asyncio.run(zoo_worker.stop("run"))
    thread.join(10)
    assert not thread.is_alive()
    assert errors == ["the conversion was interrupted"]
    assert not stage.exists()
    assert not zoo_worker._conversions
    with pytest.raises(ProcessLookupError):
        os.kill(conversion._process.child.pid, 0)
    with pytest.raises(ExportError, match="interrupted"):  # and no other begins
        zoo_worker._write_also(job, JobOutcome("a", "exported"), "run", phases.append)


@pytest.mark.parametrize(
    ("program", "request_", "code"),
    [
        (CONVERSION, {"artifact": "a", "paths": ["stage.tflite"]}, 128 + 15),
        (RUNTIME, {"work": "run"}, 1),
    ],
)
def test_a_process_ends_with_its_parent(child, monkeypatch, tmp_path, program, request_, code):
    """The system closes the pipe of a parent that was killed."""
    monkeypatch.chdir(tmp_path)
    process = JsonProcess(child("process_of_tests", program))
    try:
        process.send(request_)
        process.close_input()
        assert process.wait(20) == code
        assert not Path("stage.tflite").exists()
    finally:
        process.kill()
