"""Folders of killed runs are removed, and no others."""

import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import pytest

from slimhub.common import scratch
from slimhub.common.scratch import ScratchFolder
from tests.fixtures.support import REPOSITORY

NAMES = re.compile(r"work-\d+")
_OWN = """
import sys, time
from slimhub.common.scratch import ScratchFolder
folder = ScratchFolder()
print(folder.name, flush=True)
time.sleep(600)
"""


@pytest.fixture
def folder(tmp_path):
    return made(tmp_path, "work-1")


def made(parent, name, age=60):
    path = parent / name
    (path / "inner").mkdir(parents=True)
    (path / "inner" / "file").write_text("left")
    os.utime(path, (time.time() - age,) * 2)
    return path


def test_an_abandoned_folder_is_removed(folder, tmp_path):
    scratch.remove_abandoned(tmp_path, NAMES)
    assert not folder.exists()


def test_a_locked_folder_stays(folder, tmp_path):
    lock = scratch.lock(folder)
    scratch.remove_abandoned(tmp_path, NAMES)
    assert folder.exists()
    scratch.unlock(lock)
    scratch.remove_abandoned(tmp_path, NAMES)
    assert not folder.exists()


def test_a_new_folder_is_locked_though_somebody_looks_at_it(folder):
    looks = scratch.lock(folder)
    assert scratch.lock(folder) is None
    threading.Timer(0.2, scratch.unlock, [looks]).start()
    lock = scratch.lock(folder, waits=True)
    assert lock is not None
    assert not scratch.is_abandoned(folder)
    scratch.unlock(lock)


def test_whoever_looks_for_a_lock_takes_none(folder):
    assert not scratch.is_locked(folder)
    lock = scratch.lock(folder)
    assert scratch.is_locked(folder)
    scratch.unlock(lock)
    assert not scratch.is_locked(folder)
    assert not scratch.is_locked(folder / "missing")
    os.mkfifo(folder / "pipe")
    assert not scratch.is_locked(folder / "pipe")


def test_others_stay(tmp_path):
    """A new folder, which may not be locked yet, another name, a file, and a link."""
    new = made(tmp_path, "work-2", age=0)
    other = made(tmp_path, "mywork-3")
    (tmp_path / "work-4").write_text("file")
    (tmp_path / "work-5").symlink_to(other)
    scratch.remove_abandoned(tmp_path, NAMES)
    assert new.exists()
    assert (other / "inner" / "file").exists()
    assert (tmp_path / "work-4").exists()
    assert (tmp_path / "work-5").is_symlink()


def test_a_parent_that_cannot_be_read_is_no_error(tmp_path):
    scratch.remove_abandoned(tmp_path / "gone", NAMES)


def test_what_a_killed_run_left_goes_with_the_next(tmp_path, monkeypatch):
    environment = os.environ | {"TMPDIR": str(tmp_path)}
    command = [sys.executable, "-c", _OWN]
    with subprocess.Popen(
        command, env=environment, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True
    ) as process:
        left = Path(process.stdout.readline().strip())
        os.utime(left, (time.time() - 60,) * 2)
        monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
        with ScratchFolder() as own:
            assert left.is_dir()  # its owner lives
        process.send_signal(signal.SIGKILL)
    assert left.is_dir()
    with ScratchFolder() as own:
        assert [path.name for path in tmp_path.iterdir()] == [Path(own).name]
    assert list(tmp_path.iterdir()) == []


def test_a_process_keeps_its_temporary_files_in_one_folder(tmp_path):
    """So that what a library leaves when the process is killed goes with that folder."""
    program = (
        "import os, sys, tempfile\n"
        "from slimhub.common import scratch\n"
        "scratch.own_temporary_files()\n"
        "descriptor, _ = tempfile.mkstemp()\n"
        "print(scratch.system_folder(), flush=True)\n"
        "os.kill(os.getpid(), int(sys.argv[1]))\n"
    )
    environment = os.environ | {"TMPDIR": str(tmp_path)}
    for number, left in ((9, 1), (0, 0)):
        command = [sys.executable, "-c", program, str(number)]
        finished = subprocess.run(
            command, cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=False
        )
        assert finished.stdout.strip() == str(tmp_path)
        found = list(tmp_path.iterdir())
        assert len(found) == left
        for folder in found:
            os.utime(folder, (0, 0))  # young ones stay


_FORGETS = """
import atexit, os, tempfile
from slimhub.common import scratch
scratch.own_temporary_files()
print(tempfile.gettempdir())
pid = os.fork()
if not pid:
    atexit._clear()  # as multiprocessing does in a fork
    os._exit(0)
os.waitpid(pid, 0)
print(os.path.isdir(tempfile.gettempdir()))
"""


def test_a_fork_that_forgets_what_is_to_be_done_at_exit_leaves_the_folder():
    command = [sys.executable, "-c", _FORGETS]
    told = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=True)
    folder, was_there = told.stdout.split()
    assert was_there == "True"
    assert not Path(folder).exists()  # the owner removed it
