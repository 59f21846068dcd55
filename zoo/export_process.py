"""A process beside a worker that imports TensorFlow once and exports many times.

The worker itself keeps talking with the scheduler, whatever an export does, and a daemon may have
such a process, which it might not have of Python's own kind.
"""

from __future__ import annotations

import functools
from typing import Any

from slimhub.common.errors import ExportError
from slimhub.common.json_process import JsonProcess, start_python
from slimhub.common.progress import OnPhase
from slimhub.export.request import Request

_START = functools.partial(start_python, "slimhub.zoo.export_server")
_CLEANING = 30.0  # seconds that an interrupted export has to remove its staging folder


class Exporter:
    """The process, started when it is first needed."""

    def __init__(self) -> None:
        """Starts nothing yet."""
        self._process: JsonProcess | None = None

    def export(self, request: Request, on_phase: OnPhase) -> dict[str, Any]:
        """Exports, and waits for it.

        Args:
          request: what to export.
          on_phase: called at the start of each of `export.PHASES`.

        Returns:
          `bytes` of the artifact, `proof` with counts, `peak` memory of the export's own process.

        Raises:
          ExportError: where the export fails, or its process ends early.
        """
        if (done := self._ask(request, on_phase)) is None:
            # It had been idle for so long that it ended just when it was asked.
            done = self._ask(request, on_phase)
        if done is None:
            raise self._died()
        return done

    def _ask(self, request: Request, on_phase: OnPhase) -> dict[str, Any] | None:
        """What the process answers; None where it ended well instead."""
        process = self._running()
        try:
            process.send(request.to_json())
        except OSError:
            self._end()
            return None
        ended: dict[str, Any] = {}
        while message := process.receive():
            if "phase" in message:
                on_phase(message["phase"])
            elif "over" not in message:
                ended = message
            elif "done" in ended:
                done: dict[str, Any] = ended["done"]
                return done
            else:
                raise ExportError(ended.get("error") or message["over"])
        self._end()
        return None

    def _end(self) -> None:
        if self._process is None or self._process.wait():
            raise self._died()

    def stop(self) -> None:
        """Ends the process; an export that is under way is interrupted, and leaves nothing."""
        process, self._process = self._process, None
        if process is None:
            return
        process.close_input()  # which tells it to end
        process.wait(_CLEANING)
        process.kill()

    def _running(self) -> JsonProcess:
        if self._process is not None and not self._process.is_running():
            self._process.kill()  # closes what is left of it
            self._process = None
        if self._process is None:
            self._process = JsonProcess(_START)
        return self._process

    def _died(self) -> ExportError:
        code = self._process.wait() if self._process else None
        said = self._process.last_words() if self._process else ""
        return ExportError(f"the process that exports ended early (exit code {code})\n{said}")
