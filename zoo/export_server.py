"""The process that exports: it imports TensorFlow, then forks a child for each export.

A child starts as a fresh process that has just imported TensorFlow. Its artifact is therefore the
same to the last bit as that of `slimhub export`, whatever was exported before, and its memory is
freed when it ends. The fork happens before TensorFlow has started any threads.

It reads JSON lines, one request each. It writes {phase} for each phase of an export, {done} or
{error} at the end, and {over} once the child is gone and the next request may come. The process
ends when its input does, and interrupts an export in progress.
"""

from __future__ import annotations

import gc
import io
import json
import multiprocessing
import os
import signal
import sys
import threading
import traceback
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from typing import IO, Any

from slimhub.common import interrupts, quiet_tensorflow
from slimhub.common.json_process import write_message
from slimhub.export.request import Request

_IDLE = 600.0  # seconds after which an idle process ends
_CLEANING = 20.0  # seconds that an interrupted export has to clean up
_OUT_OF_MEMORY = -signal.SIGKILL  # how the system ends a process that needs too much memory


def main() -> None:
    """Exports until there are no more requests."""
    output = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # what libraries print is not a message
    _import()
    context = multiprocessing.get_context("fork")
    # Unbuffered, so that `wait` sees everything that has not been read.
    requests = io.FileIO(sys.stdin.fileno(), closefd=False)
    while wait([requests.fileno()], _IDLE) and (line := requests.readline()):
        child = context.Process(target=_run, args=(json.loads(line), output))
        child.start()
        if not _finish(child, requests):
            return
        write_message(output, {"over": _early_end(child.exitcode)})


def _import() -> None:
    """Imports everything that an export imports, except what starts threads."""
    quiet_tensorflow.imported()
    from slimhub.export.savedmodel import graphs, writer  # noqa: F401

    gc.collect()
    gc.freeze()  # children share what is never collected


def _finish(child: BaseProcess, requests: io.FileIO) -> bool:
    """Waits for an export; ends it if the other side has closed.

    Returns:
      Whether another one may follow.
    """
    if child.sentinel in wait([child.sentinel, requests.fileno()]):
        child.join()
        return True
    child.terminate()
    child.join(_CLEANING)
    if child.is_alive():
        child.kill()
        child.join()
    return False


def _early_end(code: int | None) -> str:
    """What to report for a child that ended without a message; empty if it ended normally."""
    if code == 0:
        return ""
    if code == _OUT_OF_MEMORY:
        return "the export was killed: out of memory? Set memory_gb to what it needs"
    return f"the export ended early, with exit code {code}"


def _run(request: dict[str, Any], output: IO[str]) -> None:
    """Runs one export, in its own process."""
    gc.disable()  # graphs are many small objects that live as long as this process
    interrupts.heed(signal.SIGTERM)  # unfinished files and forked processes go, too
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # The thread waits in the kernel and holds no lock, so the proof can be forked next to it.
    threading.Thread(target=_end_with_parent, daemon=True).start()
    write_message(output, _export(Request(**request), output))


def _end_with_parent() -> None:
    """Once the parent is killed, nobody waits for this export any more."""
    parent = multiprocessing.parent_process()
    assert parent is not None  # this is a child
    wait([parent.sentinel])
    os.kill(os.getpid(), signal.SIGTERM)


def _export(request: Request, output: IO[str]) -> dict[str, Any]:
    """The final message of an export."""
    import resource

    from slimhub.common.errors import SlimhubError
    from slimhub.export import export, record_json

    try:
        result = export(request, lambda phase: write_message(output, {"phase": phase}), forks=True)
    except SlimhubError as error:
        return {"error": str(error)}
    except Exception:
        return {"error": f"the export failed unexpectedly:\n{traceback.format_exc()}"}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    proof = record_json.encode(result.record.proof)
    done = {"bytes": result.bytes, "proof": proof, "peak": peak}
    return {"done": done | {"graph_choice": result.graph_choice}}
