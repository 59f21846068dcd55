"""Child processes that speak lines of JSON."""

import functools
import os
import signal
import sys
import textwrap

import pytest

from slimhub.common.json_process import JsonProcess, start_python

ECHO = """
import sys
from slimhub.common.json_process import read_message, write_message

def main():
    while message := read_message(sys.stdin):
        print("heard", message["say"], file=sys.stderr)
        write_message(sys.stdout, message | {"again": True})
    sys.exit(7)
"""


@pytest.fixture
def echo(tmp_path, monkeypatch):
    (tmp_path / "echo_of_tests.py").write_text(textwrap.dedent(ECHO))
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    process = JsonProcess(functools.partial(start_python, "echo_of_tests"))
    yield process
    process.kill()


def test_messages_go_both_ways_until_the_input_is_closed(echo):
    echo.send({"say": "one\ntwo"})
    assert echo.receive() == {"say": "one\ntwo", "again": True}
    assert echo.is_running()
    assert echo.wait(0.01) is None
    echo.close_input()
    assert echo.receive() is None
    assert echo.wait() == 7
    assert not echo.is_running()
    assert echo.last_words() == "heard one\ntwo"


def test_a_child_that_dies_is_told(echo):
    os.kill(echo.child.pid, signal.SIGKILL)
    assert echo.wait() == -signal.SIGKILL
    assert echo.receive() is None
    with pytest.raises(BrokenPipeError):
        echo.send({"say": "nothing"})


def test_killing_twice_does_no_harm(echo):
    echo.kill()
    echo.kill()
