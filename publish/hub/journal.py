"""Changes to a folder that happen all or not at all, even if the process is killed.

What is to be there is written to a stage inside the folder first. Then a journal says what will
be moved where, and the moves are made. Whoever finds a journal later makes the moves that are
left: each can be made only once, so nothing is lost by trying all again.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import secrets
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from slimhub.common import disks, foreign_files, interrupts, paths, scratch
from slimhub.common.errors import PublishError

FOLDER = ".slimhub"  # in the folder that is changed; no handle can begin so
FILE = "journal.json"  # in that
LOCK = "lock"  # likewise; held by whoever changes the folder
LOCK_SECONDS = 600.0  # that others wait for it: a large artifact is copied to a slow disk
_STAGE = "stage-"
_STAGE_NAME = re.compile(rf"{_STAGE}[\da-f]{{8}}", re.ASCII)
_SIGNALS = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}


class Stage:
    """What a folder will get, while it is being written."""

    def __init__(self, folder: Path) -> None:
        """Writes nothing yet.

        Args:
          folder: that is to be changed.
        """
        self._folder = folder
        self.path = folder / FOLDER / f"{_STAGE}{secrets.token_hex(4)}"
        self._targets: list[str] = []
        self._removals: list[str] = []
        self.is_committed = False

    def place(self, target: str) -> Path:
        """Where to write what is to be at a target; moved there in the order of these calls.

        Args:
          target: path in the folder, with `/`.
        """
        self._targets.append(target)
        path = self.path / str(len(self._targets))
        return path

    def remove(self, target: str) -> None:
        """Notes a file or folder that is to go, once everything is at its place.

        Args:
          target: path in the folder, with `/`; it may be missing.
        """
        self._removals.append(target)

    def commit(self) -> None:
        """Makes all changes. From the moment the journal is written they will be made."""
        interrupts.check()
        made = _make_parents(self._folder, self._targets)
        moves = [(str(n), target) for n, target in enumerate(self._targets, 1)]
        content = {"stage": self.path.name, "moves": moves, "removals": self._removals}
        try:
            write_surely(self.path / "0", json.dumps(content))
        except BaseException:
            for parent in reversed(made):
                with contextlib.suppress(OSError):
                    parent.rmdir()
            raise
        with _undisturbed():
            (self.path / "0").rename(self._folder / FOLDER / FILE)
            _flush(self._folder / FOLDER)
            recover(self._folder)
            self.is_committed = True

    def discard(self) -> None:
        """Removes what was written and not committed."""
        shutil.rmtree(self.path, ignore_errors=True)


def recover(folder: Path) -> bool:
    """Makes the moves that a journal has left over, and removes stages without one.

    Args:
      folder: whose lock the caller holds.

    Returns:
      Whether there was a journal.

    Raises:
      PublishError: where a move cannot be made; the next call tries again.
    """
    own = check(folder)
    journal = own / FILE
    found = journal.is_file()
    if found:
        moves = read_moves(folder)
        for source, target in moves:
            _move(source, folder / target)
        for target in _read(folder).get("removals", []):
            _remove(folder / target)
        for parent in {(folder / target).parent for _, target in moves}:
            _flush(parent)
        journal.unlink()
        _flush(own)
    for stage in stages(folder):
        shutil.rmtree(stage, ignore_errors=True)
    return found


def check(folder: Path) -> Path:
    """Where journal and stages are, which must not be a link: what it leads to is not a hub's.

    Args:
      folder: that is changed; it need not exist.

    Raises:
      PublishError: where it is a link.
    """
    own = folder / FOLDER
    if own.is_symlink():
        raise PublishError(
            f"{own} is a link, so nothing in {folder} is changed: remove the link, and publish "
            "again what is missing"
        )
    return own


def stages(folder: Path) -> list[Path]:
    """What is being written for a folder, or was when its writer was killed.

    Args:
      folder: that is changed; it need not exist.

    Raises:
      PublishError: as `check`.
    """
    found = check(folder).glob(f"{_STAGE}*")
    return [path for path in found if _STAGE_NAME.fullmatch(path.name) and not path.is_symlink()]


def is_locked(folder: Path) -> bool:
    """Whether somebody is changing a folder.

    Args:
      folder: which need not exist.

    Returns:
      False, too, where that cannot be found out, as on network file systems without such locks.
    """
    return scratch.is_locked(folder / FOLDER / LOCK)


def locked(folder: Path) -> PublishError:
    """The error for a folder that somebody else has been changing for `LOCK_SECONDS`.

    Args:
      folder: that is changed.
    """
    return PublishError(
        f"another slimhub has been publishing to {folder} for {LOCK_SECONDS:.0f} seconds: wait "
        "for it, or end it, and publish again"
    )


@contextlib.contextmanager
def staged(folder: Path, undone: str = "nothing was published") -> Iterator[Stage]:
    """A stage that is committed when the block ends well, and removed when it raises.

    Args:
      folder: whose lock the caller holds.
      undone: what an error says at its end.

    Raises:
      PublishError: where something cannot be written; the folder is then as it was.
    """
    stage = Stage(folder)
    try:
        stage.path.mkdir(parents=True)
        yield stage
        stage.commit()
    except OSError as error:
        raise PublishError(
            f"cannot write to {folder}: {disks.explain(error, folder)}; {undone}"
        ) from error
    finally:
        if not (folder / FOLDER / FILE).exists():
            stage.discard()


def read_moves(folder: Path) -> list[tuple[Path, str]]:
    """What a journal that is there moves: the source, and the path in the folder.

    Raises:
      PublishError: where the journal is damaged.
    """
    content = _read(folder)
    stage = folder / FOLDER / content["stage"]
    return [(stage / name, target) for name, target in content["moves"]]


def _read(folder: Path) -> dict[str, Any]:
    journal = folder / FOLDER / FILE
    try:
        content: dict[str, Any] = foreign_files.parse_json(foreign_files.read(journal))
        stage = content["stage"]
        if not _STAGE_NAME.fullmatch(stage) or any(
            path.is_symlink() for path in (folder / FOLDER, folder / FOLDER / stage)
        ):
            raise ValueError("the stage is elsewhere")
        for name, _ in content["moves"]:
            if not re.fullmatch(r"\d{1,9}", name, re.ASCII):
                raise ValueError("a source is elsewhere")
        targets = [target for _, target in content["moves"]]
        for target in [*targets, *content.get("removals", [])]:
            _check_inside(folder, target)
        return content
    except (ValueError, KeyError, TypeError, AttributeError, OSError) as error:
        raise PublishError(
            f"{journal} is damaged, so an interrupted change cannot be completed: remove it, and "
            "publish again what is missing"
        ) from error


def _check_inside(folder: Path, target: str) -> None:
    """Refuses a path that leads out of a folder, by its parts or by links, or to its own files.

    Raises:
      ValueError: says that it does.
    """
    parts = PurePosixPath(target).parts
    if not parts or ".." in parts or parts[0] in ("/", "//", FOLDER) or "\0" in target:
        raise ValueError("a target is elsewhere")
    parent = paths.resolved((folder / target).parent)
    if not parent.is_relative_to(paths.resolved(folder)):
        raise ValueError("a link leads elsewhere")


def _move(source: Path, target: Path) -> None:
    if not os.path.lexists(source):
        return  # made before
    try:
        source.replace(target)
    except OSError as error:
        raise PublishError(
            f"cannot move {target.name} into {target.parent}: {error.strerror}; fix that and "
            "publish again: it resumes from here"
        ) from error


def _remove(target: Path) -> None:
    try:
        if target.is_dir() and not target.is_symlink():
            shutil.rmtree(target)
        else:
            target.unlink(missing_ok=True)
    except OSError as error:
        raise PublishError(
            f"cannot remove {target}: {error.strerror}; fix that and run the command again: it "
            "resumes from here"
        ) from error


def _make_parents(folder: Path, targets: list[str]) -> list[Path]:
    missing = {p for t in targets for p in (folder / t).parents if not p.exists()}
    made = sorted(missing)  # a folder sorts before what is in it
    for number, parent in enumerate(made):
        try:
            parent.mkdir()
        except OSError:
            for earlier in reversed(made[:number]):
                earlier.rmdir()
            raise
    return made


def write_surely(path: Path, text: str) -> None:
    """Writes a text so that it is on the disk when this returns."""
    with path.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def _flush(folder: Path) -> None:
    """Makes renames last, where the system can."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


@contextlib.contextmanager
def _undisturbed() -> Iterator[None]:
    """Signals that end a process wait until the block is done: milliseconds on an idle disk."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
