"""Child processes that exchange JSON over stdin and stdout, one message per line."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping
from typing import IO, Any

Message = dict[str, Any]

_PROGRAM = (
    "import importlib, json, sys; sys.path[:] = json.loads(sys.argv[1]); "
    "from slimhub.common import unused_packages; unused_packages.leave_out(); "
    "importlib.import_module(sys.argv[2]).main(*sys.argv[3:])"
)
_SHOWN = 2000  # characters of stderr kept from a process that died


@dataclasses.dataclass(frozen=True)
class Child:
    """A started process that leads its own process group.

    Attributes:
      pid: of the process, and of its group.
      stdin: its standard input.
      stdout: its standard output.
      wait: waits for it to end, up to a number of seconds if given, and returns its exit code; None
        if it is still running.
    """

    pid: int
    stdin: IO[str]
    stdout: IO[str]
    wait: Callable[[float | None], int | None]


Start = Callable[[IO[str]], Child]  # from the file that captures the child's stderr


def python_command(module: str, *arguments: str) -> list[str]:
    """A command that runs the function `main` of a module in a new interpreter.

    Args:
      module: full name; found where this process would find it, not in the current folder.
      arguments: for the function.
    """
    return [sys.executable, "-c", _PROGRAM, json.dumps(sys.path), module, *arguments]


def start_python(
    module: str, errors: IO[str], environment: Mapping[str, str] | None = None
) -> Child:
    """Starts a new interpreter that runs the function `main` of a module.

    Args:
      module: full name; found where this process would find it.
      errors: file that captures its stderr.
      environment: variables to add to those of this process.
    """
    # numpy's threads would get in the way of a process that forks.
    quiet = {"OPENBLAS_NUM_THREADS": "1", "TF_CPP_MIN_LOG_LEVEL": "2"}
    process = subprocess.Popen(
        python_command(module),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=errors,
        env={**os.environ, **quiet, **(environment or {})},
        text=True,
        start_new_session=True,  # Ctrl-C goes to the parent, which ends the child
    )
    assert process.stdin is not None
    assert process.stdout is not None

    def wait(seconds: float | None) -> int | None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            return process.wait(seconds)
        return None

    return Child(process.pid, process.stdin, process.stdout, wait)


class JsonProcess:
    """The parent's side of a child."""

    def __init__(self, start: Start) -> None:
        """Starts the child.

        Args:
          start: starts it.
        """
        self._errors = tempfile.TemporaryFile("w+")  # noqa: SIM115  closed by `kill`
        self.child = start(self._errors)

    def send(self, message: Message) -> None:
        """Sends a message.

        Raises:
          OSError: if the child no longer reads.
        """
        write_message(self.child.stdin, message)

    def receive(self) -> Message | None:
        """Waits for a message; None if the child has closed its output."""
        return read_message(self.child.stdout)

    def is_running(self) -> bool:
        """Whether it is still running."""
        return self.child.wait(0) is None

    def wait(self, seconds: float | None = None) -> int | None:
        """Waits for it to end.

        Args:
          seconds: the longest to wait; None to wait forever.

        Returns:
          Its exit code; None if it is still running.
        """
        return self.child.wait(seconds)

    def close_input(self) -> None:
        """Closes the child's input, which makes it end."""
        with contextlib.suppress(OSError):
            self.child.stdin.close()

    def kill(self) -> None:
        """Kills it and everything it has started, and closes the pipes."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.child.pid, signal.SIGKILL)
        self.child.wait(None)
        self.close_input()
        self.child.stdout.close()
        self._errors.close()

    def last_words(self) -> str:
        """The end of what it wrote to stderr."""
        self._errors.seek(0)
        return self._errors.read()[-_SHOWN:].strip()


def when_input_ends(act: Callable[[], None]) -> None:
    """Has something done once the parent closes this child's input, or dies.

    Args:
      act: called in a thread; of a child that has read all messages that it expects.
    """

    def wait() -> None:
        while os.read(0, 1):  # not of `sys.stdin`, whose lock an interpreter that ends must get
            pass
        act()

    threading.Thread(target=wait, daemon=True).start()


def write_message(stream: IO[str], message: Message) -> None:
    """Writes one message."""
    stream.write(json.dumps(message) + "\n")
    stream.flush()


def read_message(stream: IO[str]) -> Message | None:
    """The next message; None at the end of the stream."""
    line = stream.readline()
    message: Message | None = json.loads(line) if line else None
    return message
