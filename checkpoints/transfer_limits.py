"""Limits of a transfer: how much may come, and how slowly.

A server can send a byte a minute, in the headers as in the body or after it. Whoever waits for it
cannot look at a clock, so a thread does, and ends the connection.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from types import TracebackType

from slimhub.common.errors import CheckpointError

MAX_BYTES = 16 << 30  # the largest public archive has 1.5 GB
_PATIENCE, _SLOWEST = (
    60.0,
    4096,
)  # seconds in each of which this many bytes have to come, on average
_LONGEST = 24 * 3600.0  # seconds


class TransferLimits:
    """What one transfer may take; a context, whose end raises if it was too slow."""

    def __init__(self, name: str) -> None:
        """Starts nothing yet.

        Args:
          name: of what is transferred, for messages.
        """
        self._name, self._done, self._is_slow = name, 0, False
        self._ended, self._lock = threading.Event(), threading.Lock()
        self._connections: list[socket.socket] = []
        self._thread = threading.Thread(target=self._watch_clock, daemon=True)

    def __enter__(self) -> TransferLimits:
        self._thread.start()
        return self

    def __exit__(
        self,
        _: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ended.set()
        self._thread.join()
        for connection in self._connections:
            connection.close()
        if error is None or isinstance(error, Exception):  # without one, an end may be our own
            self._check(error)

    def expect(self, count: int) -> None:
        """Refuses a transfer that is too large.

        Args:
          count: bytes that will come, as far as that is known.

        Raises:
          CheckpointError: if these are too many.
        """
        if count > MAX_BYTES:
            raise CheckpointError(
                f"{self._name} has more than {MAX_BYTES:,} bytes: if you trust it, download it "
                "yourself and pass the file"
            )

    def add(self, count: int) -> None:
        """Counts what has come.

        Args:
          count: bytes.

        Raises:
          CheckpointError: if these are too many by now, or came too slowly.
        """
        self._done += count
        self.expect(self._done)
        self._check(None)

    def watch(self, connection: socket.socket) -> None:
        """Ends a connection when the transfer turns out to be too slow.

        Args:
          connection: that is open, and may be wrapped or closed later.

        Raises:
          OSError: if it is too late already.
        """
        with self._lock:
            if self._is_slow:
                connection.close()
                raise TimeoutError("the transfer is too slow")
            self._connections.append(connection.dup())

    def _check(self, cause: BaseException | None) -> None:
        if self._is_slow:
            raise CheckpointError(
                f"{self._name} came at less than {_SLOWEST:,} bytes a second, or took longer than "
                f"{_LONGEST / 3600:.0f} hours: try again later, or download it yourself and pass "
                "the file"
            ) from cause

    def _watch_clock(self) -> None:
        pause = min(1.0, _PATIENCE / 4)
        total = since = before = 0.0
        while not self._ended.wait(pause):  # its own pauses are counted: a stopped process has none
            total, since = total + pause, since + pause
            if since < _PATIENCE and total < _LONGEST:
                continue
            if total >= _LONGEST or self._done - before < since * _SLOWEST:
                self._end()
                return
            since, before = 0.0, self._done

    def _end(self) -> None:
        with self._lock:
            self._is_slow = True
            for connection in self._connections:
                with contextlib.suppress(OSError):  # it has ended by itself
                    connection.shutdown(socket.SHUT_RDWR)
