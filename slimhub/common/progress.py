"""How long work says how far it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

OnPhase = Callable[[str], None]  # called with the name of each phase as it begins

# Called with the name of a file, the bytes of it that were moved so far, and its size in bytes, or
# None where that is not known.
Transfer = Callable[[str, int, "int | None"], None]


class ProgressListener(Protocol):
    """Hears of phases, and of files that are moved inside them."""

    def phase(self, name: str) -> None:
        """Says that a phase begins."""

    def transfer(self, what: str, done: int, total: int | None) -> None:
        """Says how much of a file was moved, see `Transfer`."""


class Silence:
    """A listener that passes nothing on."""

    def phase(self, name: str) -> None:
        """Says nothing."""

    def transfer(self, what: str, done: int, total: int | None) -> None:
        """Says nothing."""
