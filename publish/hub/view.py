"""A hub as readers will see it, although a publisher that died has left moves over."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from slimhub.common.errors import PublishError
from slimhub.publish.hub import index, journal

_MOVES_SECONDS = 1.0  # in which a publisher that is gone may turn out to be a live one
_SLOW_MOVES_SECONDS = 600.0  # a live one writes each move to a disk, which may be busy

Stamp = tuple[tuple[int, int] | None, ...]
Found = TypeVar("Found")


class View:
    """A hub as it will be when the moves that a journal lists are made."""

    def __init__(self, hub: Path) -> None:
        """Looks for a journal.

        Args:
          hub: folder, which need not exist.

        Raises:
          PublishError: where the journal is damaged.
        """
        self.folder = hub
        self.pending = _pending(hub)

    def path(self, name: str) -> Path:
        """Where a file is at present.

        Args:
          name: its path in the hub, with `/`.
        """
        return self.pending.get(name, self.folder / name)


def _pending(hub: Path) -> dict[str, Path]:
    """The files that a journal has yet to move: where they are, by path in the hub."""
    found: dict[str, Path] = {}
    if not (hub / journal.FOLDER / journal.FILE).is_file():
        return found
    for source, target in journal.read_moves(hub):
        if source.is_dir():
            inside = sorted(path for path in source.rglob("*") if path.is_file())
            found |= {f"{target}/{path.relative_to(source).as_posix()}": path for path in inside}
        elif source.is_file():
            found[target] = source
    return found


def steady(hub: Path, read: Callable[[View], Found]) -> Found:
    """What is read of a hub that no other publisher changes meanwhile; takes no lock.

    Args:
      hub: folder, which need not exist.
      read: reads it; called again where another publisher has changed the hub.

    Raises:
      PublishError, OSError: as `read`.
    """
    while True:
        before = _stamp(hub)
        try:
            found = read(View(hub))
        except (PublishError, OSError):
            if _stamp(hub) == before:
                raise
            continue
        if _stamp(hub) == before:
            return found


def _stamp(hub: Path) -> Stamp:
    """What differs after another publisher has changed a hub; waits while one makes its moves."""
    begun = time.monotonic()
    while found := _stat(hub / journal.FOLDER / journal.FILE):
        is_live = journal.is_locked(hub)
        if time.monotonic() > begun + (_SLOW_MOVES_SECONDS if is_live else _MOVES_SECONDS):
            break
        time.sleep(0.02)
    return found, _stat(hub / index.FILE)


def _stat(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns
