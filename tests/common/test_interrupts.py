"""What a signal asks for is done, even where its exception was lost on the way."""

import signal
import subprocess
import sys

import pytest

from tests.fixtures.support import REPOSITORY

HEED = """
import contextlib, os, signal, sys
from pathlib import Path
from slimhub.common import interrupts
signal.signal(signal.SIGINT, signal.default_int_handler)  # whatever started this process
number = signal.Signals(int(sys.argv[1]))
interrupts.heed(number)
with contextlib.suppress(BaseException):  # as a library's bare `except` does
    os.kill(os.getpid(), number)
"""
STAGED = """
from slimhub.export import staging
with staging.staged(Path(sys.argv[2]), overwrite=False) as folder:
    (folder / "saved_model.pb").write_text("whole")
"""
PHASE = """
from slimhub.cli.progress_display import ProgressDisplay
with ProgressDisplay(1) as progress:
    progress.phase("writing")
"""
ERROR = """
from slimhub.cli import describe_command, main
def replaced(arguments):
    try:
        os.kill(os.getpid(), number)
    finally:
        raise AttributeError("a library's")
describe_command.execute = replaced
sys.argv = ["slimhub", "describe", "mobilenet_v1_025_224"]
main.run()
"""
NUMBERS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]


def run(program, number, *arguments):
    command = [sys.executable, "-c", program, str(int(number)), *arguments]
    return subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True)


def says_that_it_was_ended(finished, number):
    if number == signal.SIGINT:
        return "KeyboardInterrupt" in finished.stderr and finished.returncode != 0
    return finished.returncode == 128 + number and not finished.stderr


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("program", [STAGED, PHASE])
def test_a_lost_signal_is_raised_again_before_anything_is_put_in_place(tmp_path, program, number):
    finished = run(HEED + program, number, str(tmp_path / "artifact"))
    assert says_that_it_was_ended(finished, number)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("number", NUMBERS)
def test_an_error_that_took_a_signals_place_is_not_reported(number):
    finished = run(HEED.split("number = ")[0] + "number = int(sys.argv[1])" + ERROR, number)
    assert finished.returncode == 128 + number
    told = "slimhub: interrupted; nothing was written\n" if number == signal.SIGINT else ""
    assert finished.stderr == told


def test_what_is_ignored_stays_ignored():
    ignored = "import signal; signal.signal(signal.SIGHUP, signal.SIG_IGN)\n"
    program = ignored + HEED + "interrupts.check()\nprint('went on')"
    assert run(program, signal.SIGHUP).stdout == "went on\n"
