"""Keeps one core busy while something is measured."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator

_PROGRAM = """
import os, sys
os.sched_setaffinity(0, {int(sys.argv[1])})
while True:
    pass
"""


@contextlib.contextmanager
def kept_busy(is_busy: bool = True) -> Iterator[None]:
    """Another process computes without an end on the last core, which others may still use.

    Args:
      is_busy: False for a context that does nothing.
    """
    if not is_busy:
        yield
        return
    core = str(max(os.sched_getaffinity(0)))
    with subprocess.Popen([sys.executable, "-c", _PROGRAM, core]) as process:
        try:
            yield
        finally:
            process.kill()
