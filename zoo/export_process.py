"""A process next to a worker that imports TensorFlow once and exports many times.

Whatever an export does, the worker itself keeps talking to the scheduler. Dask's workers may be
daemons, which cannot start processes with Python's multiprocessing.
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
    """The process; starts when it is first needed."""

    def __init__(self) -> None:
        """Does not start anything yet."""
        self._process: JsonProcess | None = None

    def export(self, request: Request, on_phase: OnPhase) -> dict[str, Any]:
        """Exports, and waits for the result.

        Args:
          request: what to export.
          on_phase: called at the start of each of `export.PHASES`.

        Returns:
          `bytes` of the artifact, `proof` with counts, `peak` memory of the export's own process,
          and `graph_choice`, see `Result`.

        Raises:
          ExportError: if the export fails, or its process ends early.
        """
        if (done := self._request(request, on_phase)) is None:
            # It was idle for so long that it ended at this very moment.
            done = self._request(request, on_phase)
        if done is None:
            raise self._died()
        return done

    def _request(self, request: Request, on_phase: OnPhase) -> dict[str, Any] | None:
        """The process's answer; None if it ended normally instead."""
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
        """Ends the process; an export in progress is interrupted, and leaves nothing behind."""
        process, self._process = self._process, None
        if process is None:
            return
        process.close_input()  # which makes it end
        process.wait(_CLEANING)
        process.kill()

    def _running(self) -> JsonProcess:
        if self._process is not None and not self._process.is_running():
            self._process.kill()  # closes the pipes
            self._process = None
        if self._process is None:
            self._process = JsonProcess(_START)
        return self._process

    def _died(self) -> ExportError:
        code = self._process.wait() if self._process else None
        said = self._process.last_words() if self._process else ""
        return ExportError(f"the export process ended early (exit code {code})\n{said}")
