"""How long-running work reports progress."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

OnPhase = Callable[[str], None]  # called with the name of each phase as it starts

# Called with the name of a file, the bytes transferred so far, and its size in bytes, or None if
# that is unknown.
Transfer = Callable[[str, int, "int | None"], None]


class ProgressListener(Protocol):
    """Receives phases, and file transfers inside them."""

    def phase(self, name: str) -> None:
        """Reports that a phase starts."""

    def transfer(self, what: str, done: int, total: int | None) -> None:
        """Reports how much of a file was transferred, see `Transfer`."""


class Silence:
    """A listener that ignores everything."""

    def phase(self, name: str) -> None:
        """Ignores the phase."""

    def transfer(self, what: str, done: int, total: int | None) -> None:
        """Ignores the transfer."""
