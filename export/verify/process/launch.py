"""Starts the process that proves: a fresh one, or a fork of one that has imported TensorFlow."""

from __future__ import annotations

import contextlib
import ctypes
import json
import multiprocessing
import os
import signal
import subprocess
import sys
import traceback
from typing import IO, Protocol

_PROGRAM = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); "
    "from slimhub.export.verify.process import proof_server; proof_server.main()"
)
_MAPPED = 1 << 20  # bytes from which on memory is given back as soon as it is free
_M_MMAP_THRESHOLD = -3  # malloc.h


class ChildProcess(Protocol):
    """What the other side needs of it; it leads a process group of its own."""

    pid: int
    stdin: IO[str]
    stdout: IO[str]

    def wait(self) -> int:
        """Waits for its end, and gives its exit code."""


def fresh(errors: IO[str]) -> ChildProcess:
    """Starts a new interpreter.

    Args:
      errors: file that takes its stderr.
    """
    # numpy's threads would be in the way of forking.
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "1", "TF_CPP_MIN_LOG_LEVEL": "2"}
    # The C library would keep what the source's sessions needed: gigabytes in large networks.
    environment["MALLOC_MMAP_THRESHOLD_"] = str(_MAPPED)
    return subprocess.Popen(
        [sys.executable, "-c", _PROGRAM, json.dumps(sys.path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=errors,
        env=environment,
        text=True,
        start_new_session=True,  # Ctrl-C is for the export, which ends this one
    )


def forked(errors: IO[str]) -> ChildProcess:
    """Forks this process, which may have imported TensorFlow but not used it.

    It may have no threads but such as wait in the kernel: a lock that another held would be held in
    the fork for ever.

    Args:
      errors: file that takes its stderr.
    """
    there, ours = os.pipe()
    here, theirs = os.pipe()
    pid = os.fork()
    if pid:
        _lead(pid)
        os.close(there)
        os.close(theirs)
        return _Fork(pid, os.fdopen(ours, "w"), os.fdopen(here))
    os.close(ours)  # or else it would never hear that the other side has closed
    os.close(here)
    _prove(there, theirs, errors.fileno())


def _lead(pid: int) -> None:
    """Gives a fork a process group; both sides do it, so that neither finds it missing."""
    with contextlib.suppress(PermissionError, ProcessLookupError):
        os.setpgid(pid, pid)


class _Fork:
    """A forked process."""

    def __init__(self, pid: int, stdin: IO[str], stdout: IO[str]) -> None:
        self.pid, self.stdin, self.stdout = pid, stdin, stdout
        self._code: int | None = None

    def wait(self) -> int:
        if self._code is None:
            self._code = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        return self._code


def _prove(source: int, target: int, errors: int) -> None:
    """Does in a fork what the program of a fresh process does; never returns."""
    code = 1
    try:
        _lead(0)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)  # whatever it means to the parent
        for number, descriptor in enumerate((source, target, errors)):
            os.dup2(descriptor, number)
        sys.stdin, sys.stdout, sys.stderr = open(0), open(1, "w"), open(2, "w")  # noqa: SIM115
        with contextlib.suppress(AttributeError):  # a C library that has no such thing
            ctypes.CDLL(None).mallopt(_M_MMAP_THRESHOLD, _MAPPED)
        from slimhub.export.verify.process import proof_server

        proof_server.main()
        sys.stdout.flush()
        code = 0
    except SystemExit:
        code = 0
    except BaseException:  # such as a pipe whose other side is gone
        traceback.print_exc()
    finally:
        # Nothing may return from here: what follows is the parent's.
        try:
            for part in multiprocessing.active_children():
                part.kill()
            sys.stderr.flush()
        finally:
            os._exit(code)
