"""Starts the process that runs or quantizes a file, and waits for it."""

from __future__ import annotations

from typing import Any

from slimhub.common.errors import ExportError
from slimhub.common.json_process import JsonProcess, start_python

_MODULE = "slimhub.export.formats.runtime_process"


def work(name: str, **request: Any) -> dict[str, Any]:
    """Has a fresh process do one piece of work.

    Args:
      name: `run` or `quantize`, see `runtime_process`.
      request: its arguments.

    Returns:
      The outcome.

    Raises:
      ExportError: if it failed, with what the runtime says.
    """
    process = JsonProcess(lambda errors: start_python(_MODULE, errors))
    try:
        process.send({"work": name, **request})
        message = process.receive()
        if message is None:
            raise ExportError(
                f"the runtime's process ended with exit code {process.wait()}:\n"
                f"{process.last_words()}"
            )
    finally:
        process.kill()
    if "error" in message:
        raise ExportError(f"the runtime cannot {name} the file: {message['error']}")
    return message
