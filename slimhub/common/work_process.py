"""A process that does one piece of work, for callers that must not import TensorFlow."""

from __future__ import annotations

import os
import signal
import sys
import traceback
from collections.abc import Callable

from slimhub.common import interrupts
from slimhub.common.errors import SlimhubError
from slimhub.common.json_process import (
    Message,
    read_message,
    when_input_ends,
    write_message,
)
from slimhub.common.progress import OnPhase


def serve(work: Callable[[Message, OnPhase], Message], what: str) -> None:
    """Reads one request, and writes {phase} for each phase, then the outcome or {error}.

    Ends early, and removes what it was writing, on SIGTERM or once its input ends.

    Args:
      work: takes the request and what to call with each phase, and returns the outcome.
      what: the work, as messages call it: `conversion`.
    """
    output = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what libraries print is not a message
    request = read_message(sys.stdin)
    if request is None:
        return
    interrupts.heed(signal.SIGTERM)  # unfinished files and forked processes go, too
    when_input_ends(lambda: os.kill(os.getpid(), signal.SIGTERM))
    try:
        message = work(request, lambda phase: write_message(output, {"phase": phase}))
    except SlimhubError as error:
        message = {"error": str(error)}
    except Exception:
        message = {"error": f"the {what} failed unexpectedly:\n{traceback.format_exc()}"}
    write_message(output, message)
