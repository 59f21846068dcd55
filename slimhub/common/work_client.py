"""One piece of work in a process of its own, whose caller waits for it or ends it."""

from __future__ import annotations

from slimhub.common.errors import ExportError
from slimhub.common.json_process import JsonProcess, Message, Start
from slimhub.common.progress import OnPhase

_CLEANING = 30.0  # seconds that interrupted work has to remove what it was writing


class WorkClient:
    """The caller's side of `work_process`: the caller does not import TensorFlow."""

    def __init__(self, start: Start, what: str) -> None:
        """Starts the process, which waits for `ask`.

        Args:
          start: starts it.
          what: the work, as messages call it: `conversion`.
        """
        self._process = JsonProcess(start)
        self._what = what
        self._is_stopped = False

    def ask(self, request: Message, on_phase: OnPhase) -> Message:
        """Has the work done, and the process end.

        Args:
          request: of the process.
          on_phase: called with what is done.

        Returns:
          What the work returned.

        Raises:
          ExportError: if it failed, or the process ended early or was stopped.
        """
        try:
            message = self._answer(request, on_phase)
            if self._is_stopped:
                raise ExportError(f"the {self._what} was interrupted")
            if message is None:
                raise ExportError(
                    f"the {self._what} ended early (exit code {self._process.wait()})\n"
                    f"{self._process.last_words()}"
                )
        finally:
            self._process.kill()
        if "error" in message:
            raise ExportError(message["error"])
        return message

    def _answer(self, request: Message, on_phase: OnPhase) -> Message | None:
        """The last message; None where there is none."""
        try:
            self._process.send(request)
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
