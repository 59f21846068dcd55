"""Signals that end a process by an exception, which is raised again where it was lost.

The exception comes up wherever the interpreter is at that moment. Inside of a library it can be
swallowed (by a bare `except` around an optional import, or in a `__del__`) or turned into an error
of that library's own. So what was asked for is remembered, and `check` asks again at points where
nothing can get in its way.
"""

from __future__ import annotations

import signal
import sys
from types import FrameType

_received: signal.Signals | None = None


def heed(number: signal.Signals) -> None:
    """Has a signal end this process by an exception, unless it is ignored, as under nohup.

    Args:
      number: SIGINT raises KeyboardInterrupt, any other SystemExit with 128 plus its number.
    """
    if signal.getsignal(number) != signal.SIG_IGN:
        signal.signal(number, _receive)


def check() -> None:
    """Raises the exception of the signal that was received, if any.

    Raises:
      KeyboardInterrupt: if it was SIGINT.
      SystemExit: if it was another one.
    """
    if _received == signal.SIGINT:
        raise KeyboardInterrupt
    if _received is not None:
        sys.exit(128 + _received)  # as shells have it


def _receive(number: int, frame: FrameType | None) -> None:
    global _received
    _received = signal.Signals(number)
    check()
