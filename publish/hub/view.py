"""A hub as readers will see it, although a publisher that died has left moves over."""

from __future__ import annotations

import time
from pathlib import Path

from slimhub.publish.hub import index, journal

_MOVES_SECONDS = 1.0  # more than a live publisher needs for its moves

Stamp = tuple[tuple[int, int] | None, ...]


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


def stamp(hub: Path) -> Stamp:
    """What differs after another publisher has changed a hub; waits while one makes its moves.

    Args:
      hub: folder, which need not exist.
    """
    end = time.monotonic() + _MOVES_SECONDS
    while (found := _stat(hub / journal.FOLDER / journal.FILE)) and time.monotonic() < end:
        time.sleep(0.02)
    return found, _stat(hub / index.FILE)


def _stat(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns
