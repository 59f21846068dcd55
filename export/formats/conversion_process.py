"""A process that converts one artifact, for callers that must not import TensorFlow."""

from __future__ import annotations

import os
import signal
import sys
import traceback
from types import FrameType

from slimhub.common.errors import SlimhubError
from slimhub.common.json_process import (
    Message,
    read_message,
    when_input_ends,
    write_message,
)
from slimhub.export.formats import companions


def main() -> None:
    """Reads one request, and writes {phase} for each phase, then {done} or {error}.

    Ends early, and removes what it was writing, on SIGTERM or once its input ends.
    """
    output = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what libraries print is not a message
    request = read_message(sys.stdin)
    if request is None:
        return
    signal.signal(signal.SIGTERM, _stop)
    when_input_ends(lambda: os.kill(os.getpid(), signal.SIGTERM))
    try:
        companions.write(
            request["artifact"],
            request["paths"],
            overwrite=True,
            on_phase=lambda phase: write_message(output, {"phase": phase}),
        )
        message: Message = {"done": True}
    except SlimhubError as error:
        message = {"error": str(error)}
    except Exception:
        message = {"error": f"the conversion failed unexpectedly:\n{traceback.format_exc()}"}
    write_message(output, message)


def _stop(number: int, frame: FrameType | None) -> None:
    """Ends with an exception, so that unfinished files and the runtime's process go, too."""
    sys.exit(128 + number)
