"""The process that exports: it imports TensorFlow, then forks a child for each export.

A child begins as a fresh process that has just imported TensorFlow, so that its artifact is the
same to the last bit as that of `slimhub export`, whatever was exported before, and what it used is
given back when it ends. The fork comes before TensorFlow has started any thread.

Lines of JSON come in, one request each; {phase} goes out for each phase of an export, {done} or
{error} in the end, and {over} when its child is gone and the next request may come. The process
ends when its input does; an export under way is interrupted.
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
from types import FrameType
from typing import IO, Any

from slimhub.common.json_process import write_message
from slimhub.export.request import Request

_IDLE = 600.0  # seconds after which a process that nobody needs ends
_CLEANING = 20.0  # seconds that an interrupted export has for that
_OUT_OF_MEMORY = -signal.SIGKILL  # how the system ends a process that needs too much


def main() -> None:
    """Exports what is asked for, until nothing more is."""
    output = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # what libraries print is no message
    _import()
    context = multiprocessing.get_context("fork")
    # Unbuffered, so that `wait` sees all that has not been read.
    requests = io.FileIO(sys.stdin.fileno(), closefd=False)
    while wait([requests.fileno()], _IDLE) and (line := requests.readline()):
        child = context.Process(target=_run, args=(json.loads(line), output))
        child.start()
        if not _finish(child, requests):
            return
        write_message(output, {"over": _early_end(child.exitcode)})


def _import() -> None:
    """Imports all that an export imports on its way, and nothing that starts threads."""
    import tensorflow  # noqa: F401
    import tf_slim  # noqa: F401

    from slimhub.export.savedmodel import graphs, writer  # noqa: F401

    gc.collect()
    gc.freeze()  # children share what is never collected


def _finish(child: BaseProcess, requests: io.FileIO) -> bool:
    """Waits for an export; ends it where the other side has closed.

    Returns:
      Whether there may be another one.
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
    """What to say of a child that ended without a message; empty for one that ended well."""
    if code == 0:
        return ""
    if code == _OUT_OF_MEMORY:
        return "the export was killed: out of memory? State what it needs with memory_gb"
    return f"the export ended early, with exit code {code}"


def _run(request: dict[str, Any], output: IO[str]) -> None:
    """Runs in a process of its own: one export."""
    gc.disable()  # graphs are many small objects that live as long as this process
    signal.signal(signal.SIGTERM, _stop)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # The thread waits in the kernel and holds no lock, so that the proof may be forked beside it.
    threading.Thread(target=_end_with_parent, daemon=True).start()
    write_message(output, _export(Request(**request), output))


def _stop(number: int, frame: FrameType | None) -> None:
    """Ends by an exception, so that the staging folder and the proof's process go, too."""
    sys.exit(128 + number)


def _end_with_parent() -> None:
    """Where the parent was killed nobody waits for this export any more."""
    parent = multiprocessing.parent_process()
    assert parent is not None  # this is a child
    wait([parent.sentinel])
    os.kill(os.getpid(), signal.SIGTERM)


def _export(request: Request, output: IO[str]) -> dict[str, Any]:
    """The message in which an export ends."""
    import resource

    from slimhub.common.errors import SlimhubError
    from slimhub.export import export, record_json

    try:
        result = export(request, lambda phase: write_message(output, {"phase": phase}), forks=True)
    except SlimhubError as error:
        return {"error": str(error)}
    except Exception:
        return {"error": f"the export failed in an unexpected way:\n{traceback.format_exc()}"}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    proof = record_json.encode(result.record.proof)
    return {"done": {"bytes": result.bytes, "proof": proof, "peak": peak}}
