"""Starts processes for proofs: fresh ones, or forks of one that has imported TensorFlow."""

from __future__ import annotations

import contextlib
import ctypes
import functools
import importlib
import math
import multiprocessing
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable
from typing import IO, NoReturn

from slimhub.common import quiet_tensorflow
from slimhub.common.json_process import Child, start_python

_PROOF = "slimhub.export.verify.process.proof_server"
_MAPPED = 1 << 20  # size in bytes from which memory is returned as soon as it is freed
_M_MMAP_THRESHOLD = -3  # malloc.h
_PAUSE = 0.01  # seconds between two checks whether a fork has ended


def starter(*, forks: bool) -> Callable[..., Child]:
    """`forked`, where this process may fork and TensorFlow has not begun in it; else `fresh`.

    Args:
      forks: whether this process may fork.
    """
    return forked if forks and not quiet_tensorflow.has_begun() else fresh


def fresh(errors: IO[str], module: str = _PROOF) -> Child:
    """Starts a new interpreter.

    Args:
      errors: file that captures its stderr.
      module: whose function `main` it runs; by default it proves.
    """
    # The C library would keep memory that the source's sessions needed: gigabytes in large
    # networks.
    environment = {"MALLOC_MMAP_THRESHOLD_": str(_MAPPED)}
    return start_python(module, errors, environment)


def forked(errors: IO[str], module: str = _PROOF) -> Child:
    """Forks this process, which may have imported TensorFlow but not used it.

    TensorFlow is imported first, so that the fork need not do it.

    Other threads must be waiting in the kernel: a lock held by one would stay locked in the fork
    forever.

    Args:
      errors: file that captures its stderr.
      module: as of `fresh`.
    """
    quiet_tensorflow.imported()
    sys.stdout.flush()  # otherwise the fork might send what waits to be printed as a message
    there, ours = os.pipe()
    here, theirs = os.pipe()
    pid = os.fork()
    if pid:
        _lead(pid)
        os.close(there)
        os.close(theirs)
        wait = functools.partial(_wait, pid, [])
        return Child(pid, os.fdopen(ours, "w"), os.fdopen(here), wait)
    os.close(ours)  # otherwise it would never notice that the other side has closed
    os.close(here)
    _run(module, there, theirs, errors.fileno())


def _lead(pid: int) -> None:
    """Gives a fork its own process group; both sides do it, so that neither finds it missing."""
    with contextlib.suppress(PermissionError, ProcessLookupError):
        os.setpgid(pid, pid)


def _wait(pid: int, codes: list[int], seconds: float | None) -> int | None:
    """The exit code of a fork, which the system reports only once: it is kept in `codes`."""
    end = math.inf if seconds is None else time.monotonic() + seconds
    while not codes:
        found, status = os.waitpid(pid, 0 if seconds is None else os.WNOHANG)
        if found:
            codes.append(os.waitstatus_to_exitcode(status))
        elif time.monotonic() >= end:
            return None
        else:
            time.sleep(_PAUSE)
    return codes[0]


def _run(module: str, source: int, target: int, errors: int) -> NoReturn:
    """Runs in a fork what a fresh process would run; never returns."""
    code = 1
    try:
        _lead(0)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)  # whatever it means to the parent
        for number, descriptor in enumerate((source, target, errors)):
            os.dup2(descriptor, number)
        streams = sys.stdin, sys.stdout, sys.stderr  # kept, as collecting them may close the new
        sys.stdin, sys.stdout, sys.stderr = open(0), open(1, "w"), open(2, "w")  # noqa: SIM115
        with contextlib.suppress(AttributeError):  # a C library without it
            ctypes.CDLL(None).mallopt(_M_MMAP_THRESHOLD, _MAPPED)
        importlib.import_module(module).main()
        sys.stdout.flush()
        del streams
        code = 0
    except SystemExit:
        code = 0
    except BaseException:  # such as a pipe whose other side is gone
        traceback.print_exc()
    finally:
        # Nothing may return from here: the rest is the parent's.
        try:
            for part in multiprocessing.active_children():
                part.kill()
            sys.stderr.flush()
        finally:
            os._exit(code)
