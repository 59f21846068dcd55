"""Starts the process that converts, which imports TensorFlow, and waits for it or ends it."""

from __future__ import annotations

import functools
from collections.abc import Sequence

from slimhub.common.errors import ExportError
from slimhub.common.json_process import JsonProcess, start_python
from slimhub.common.progress import OnPhase

_START = functools.partial(start_python, "slimhub.export.formats.conversion_process")
_CLEANING = 30.0  # seconds that an interrupted conversion has to remove what it was writing


class ConversionClient:
    """One conversion in a process of its own: the caller does not import TensorFlow."""

    def __init__(self) -> None:
        """Starts the process, which waits for `write`."""
        self._process = JsonProcess(_START)
        self._is_stopped = False

    def write(self, artifact: str, paths: Sequence[str], on_phase: OnPhase) -> None:
        """Like `companions.write`; existing files are replaced, and the process ends.

        Args:
          artifact: its folder.
          paths: of the files.
          on_phase: called with what is done.

        Raises:
          ExportError: as `companions.write`; also if the process ends early, or was stopped.
        """
        try:
            message = self._answer(artifact, paths, on_phase)
            if self._is_stopped:
                raise ExportError("the conversion was interrupted")
            if message is None:
                raise ExportError(
                    f"the conversion ended early (exit code {self._process.wait()})\n"
                    f"{self._process.last_words()}"
                )
        finally:
            self._process.kill()
        if "error" in message:
            raise ExportError(message["error"])

    def _answer(
        self, artifact: str, paths: Sequence[str], on_phase: OnPhase
    ) -> dict[str, str] | None:
        """The last message; None where there is none."""
        try:
            self._process.send({"artifact": artifact, "paths": list(paths)})
            while (message := self._process.receive()) is not None and "phase" in message:
                on_phase(message["phase"])
        except (OSError, ValueError):  # `stop` has closed a pipe
            return None
        return message

    def stop(self) -> None:
        """Ends the process from another thread; it leaves nothing behind."""
        self._is_stopped = True
        self._process.close_input()  # which makes it end
        if self._process.wait(_CLEANING) is None:
            self._process.kill()
