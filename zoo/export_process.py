"""A process beside a worker that imports TensorFlow once and exports many times.

The worker itself keeps talking with the scheduler, whatever an export does, and a daemon may have
such a process, which it might not have of Python's own kind.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from typing import IO, Any

from slimhub.common.errors import ExportError
from slimhub.export.request import Request

_PROGRAM = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); "
    "from slimhub.zoo import export_server; export_server.main()"
)
_CLEANING = 30.0  # seconds that an interrupted export has to remove its staging folder
_SHOWN = 2000  # characters of what a process said before it died


class Exporter:
    """The process, started when it is first needed."""

    def __init__(self) -> None:
        """Starts nothing yet."""
        self._process: subprocess.Popen[str] | None = None
        self._errors: Any = None

    def export(self, request: Request, on_phase: Callable[[str], None]) -> dict[str, Any]:
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

    def _ask(self, request: Request, on_phase: Callable[[str], None]) -> dict[str, Any] | None:
        """What the process answers; None where it ended well instead."""
        requests, answers = _pipes(self._running())
        try:
            requests.write(json.dumps(request.to_json()) + "\n")
            requests.flush()
        except OSError:
            self._end()
            return None
        ended: dict[str, Any] = {}
        for line in answers:
            message = json.loads(line)
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
        with contextlib.suppress(OSError):
            _pipes(process)[0].close()  # which tells it to end
        try:
            process.wait(_CLEANING)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def _running(self) -> subprocess.Popen[str]:
        if self._process is None or self._process.poll() is not None:
            self._errors = tempfile.TemporaryFile("w+")  # noqa: SIM115  closed with this object
            # numpy's threads would be in the way of forking.
            environment = {"OPENBLAS_NUM_THREADS": "1", "TF_CPP_MIN_LOG_LEVEL": "2"}
            self._process = subprocess.Popen(
                [sys.executable, "-c", _PROGRAM, json.dumps(sys.path)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._errors,
                env=os.environ | environment,
                text=True,
                start_new_session=True,  # Ctrl-C is for the client, which ends this one
            )
        return self._process

    def _died(self) -> ExportError:
        code = self._process.wait() if self._process else None
        self._errors.seek(0)
        said = self._errors.read()[-_SHOWN:].strip()
        return ExportError(f"the process that exports ended early (exit code {code})\n{said}")


def _pipes(process: subprocess.Popen[str]) -> tuple[IO[str], IO[str]]:
    """What a process reads, and what it writes."""
    assert process.stdin is not None
    assert process.stdout is not None
    return process.stdin, process.stdout
