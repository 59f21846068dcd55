"""A hub as readers will see it, although a publisher that died has left moves over."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from slimhub.common.errors import PublishError
from slimhub.publish.hub import index, journal

# Where nobody is seen to hold the lock, whoever wrote the journal is gone, or its lock cannot be
# seen: a second is enough for the moves of most.
_UNSEEN_SECONDS = 1.0

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
    """Reads a hub, and reads it again if another publisher has changed it meanwhile.

    It keeps nobody from publishing, and waits while somebody makes the moves of a journal.

    Args:
      hub: folder, which need not exist.
      read: reads it.

    Returns:
      What `read` returned of the hub as it was at one moment.

    Raises:
      PublishError: as `read`; also if somebody has been making moves for too long.
      OSError: as `read`.
    """
    while True:
        before = _settled(hub)
        try:
            found = read(View(hub))
        except (PublishError, OSError):
            if _stamp(hub) == before:
                raise
            continue
        if _stamp(hub) == before:
            return found


def _settled(hub: Path) -> Stamp:
    """The stamp of a hub in which nobody makes moves, or whoever began to is gone."""
    begun = time.monotonic()
    while (found := _stamp(hub))[0] is not None:
        waited = time.monotonic() - begun
        if journal.is_locked(hub):
            if waited > journal.LOCK_SECONDS:
                raise journal.locked(hub)
        elif waited > _UNSEEN_SECONDS:
            break
        time.sleep(0.02)
    return found


def _stamp(hub: Path) -> Stamp:
    """What differs after another publisher has changed a hub: its journal and its index."""
    known = _stat(hub / index.FILE)  # first: with a journal that comes next, it is looked at again
    return _stat(hub / journal.FOLDER / journal.FILE), known


def _stat(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns
