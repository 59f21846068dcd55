"""A folder that appears at its target whole or not at all."""

from __future__ import annotations

import contextlib
import ctypes
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from slimhub.common import disks, files, interrupts, scratch
from slimhub.common.errors import ExportError, RequestError, option
from slimhub.export import saved_model_files

_AT_FDCWD = -100  # AT_FDCWD, "relative to the current folder", linux/fcntl.h
_NAMED = 40  # characters of a target's name that its stage has
_ASIDE = "-old"  # what is replaced in two steps is at its stage's path with this, meanwhile
_FILES = 16  # files and folders of an artifact, at most
_RENAME_EXCHANGE = 2  # linux/fs.h


def check_target(target: str | os.PathLike[str], overwrite: bool) -> Path:
    """Refuses a target that must not be written.

    Args:
      target: path of the folder to create.
      overwrite: whether an existing SavedModel may be replaced.

    Returns:
      The absolute path, with links resolved.

    Raises:
      RequestError: if something is there that may not be replaced.
    """
    if not os.fspath(target).strip():
        raise RequestError("the output is empty: name the folder to write")
    path = Path(os.path.realpath(target))
    _settle(path)
    scratch.remove_abandoned(path, scratch.STAGE)
    if not os.path.lexists(path) or is_empty_folder(path):
        existing = disks.existing(path)
        if reason := _refusal_of_folders(existing):
            raise RequestError(f"cannot write to {existing} ({reason}): choose another output")
        return path
    if not overwrite:
        raise RequestError(
            f"the output {os.fspath(target)} already exists: choose another folder, or replace "
            f"it with {option('overwrite')}"
        )
    if not (path / "saved_model.pb").is_file():
        raise RequestError(
            f"the output {os.fspath(target)} is not a SavedModel folder, so "
            f"{option('overwrite')} does not replace it: choose another folder, or remove it "
            "yourself"
        )
    others = sorted({entry.name for entry in path.iterdir()} - saved_model_files.REPLACEABLE)
    if others:
        raise RequestError(
            f"the output {os.fspath(target)} also holds {', '.join(others[:3])}, which "
            f"{option('overwrite')} would remove with the SavedModel: choose another folder, or "
            "move that away"
        )
    return path


def _settle(target: Path) -> None:
    """Puts back what a run that was killed between its two steps moved aside, or removes it."""
    if len(target.name) > _NAMED:  # the folder aside could be another target's
        return
    aside = re.compile(re.escape(f".{target.name}.slimhub-") + rf"[0-9a-f]{{16}}{_ASIDE}")
    with contextlib.suppress(OSError):  # of a parent that cannot be read or written
        for path in target.parent.iterdir():
            if aside.fullmatch(path.name) and scratch.is_abandoned(path):
                if os.path.lexists(target):
                    shutil.rmtree(path, ignore_errors=True)
                else:
                    path.rename(target)


def is_empty_folder(path: Path) -> bool:
    """Whether a path is a folder with nothing in it."""
    return path.is_dir() and not any(path.iterdir())


def _refusal_of_folders(folder: Path) -> str:
    """Why no folder can be created in it, by trying: permissions are not always reliable."""
    try:
        Path(tempfile.mkdtemp(prefix=".slimhub-", dir=folder)).rmdir()
    except OSError as error:
        return disks.explain(error, folder)
    return ""


def check_room(target: Path, needed: int) -> None:
    """Refuses a target on a disk that is too full, before the work begins.

    Args:
      target: as returned by `check_target`.
      needed: bytes that will be written.

    Raises:
      ExportError: says how much is free.
    """
    existing, free = disks.existing(target), disks.free_bytes(target)
    inodes = disks.free_inodes(target)
    if inodes is not None and inodes < _FILES:
        raise ExportError(
            f"the artifact needs {_FILES} files, but the disk of {existing} has room for only "
            f"{inodes}: remove some files, or choose another output"
        )
    if free is not None and free < needed:  # otherwise, the write itself will tell
        raise ExportError(
            f"the artifact needs {needed / 1e6:.0f} MB, but the disk of {existing} has only "
            f"{free / 1e6:.0f} MB free: free some space, or choose another output"
        )


def check_inputs(target: Path, inputs: Iterable[str | None]) -> None:
    """Refuses a target that contains what the export reads.

    Args:
      target: from `check_target`.
      inputs: paths; URLs and None are ignored.

    Raises:
      RequestError: names the path.
    """
    for text in inputs:
        if text is not None and Path(os.path.realpath(text)).is_relative_to(target):
            raise RequestError(
                f"{text} is inside the output, which would be replaced: choose another output"
            )


@contextlib.contextmanager
def staged(target: Path, overwrite: bool) -> Iterator[Path]:
    """Yields a new folder next to the target, which replaces the target if the block succeeds.

    If the block raises or is interrupted, the folder is removed, with any parent folders that were
    created for it, and the target is unchanged. An old target stays in place until the exchange
    itself. An empty folder is filled, not replaced, since it may be the working folder of a shell
    or a mounted volume; `saved_model.pb` comes last.

    Args:
      target: path of the folder to create, checked by `check_target`.
      overwrite: whether to replace an existing folder.

    Raises:
      ExportError: if the folder cannot be created or moved into place.
    """
    scratch.remove_abandoned(target.parent, scratch.STAGE)
    made = _make_parents(target)
    is_filled = is_empty_folder(target)
    stage = scratch.stage_for(target)
    stage = target / stage.name if is_filled else stage
    lock = None
    try:
        _make(stage)
        lock = scratch.lock(stage)
        yield stage
        interrupts.check()
        if is_filled:
            _fill(stage, target)
        else:
            _put_in_place(stage, target, overwrite)
    except BaseException:
        shutil.rmtree(stage, ignore_errors=True)
        for folder in made:  # innermost first
            with contextlib.suppress(OSError):
                folder.rmdir()
        raise
    finally:
        scratch.unlock(lock)


def _make_parents(target: Path) -> list[Path]:
    missing = [folder for folder in target.parents if not folder.exists()]
    for folder in reversed(missing):
        _make(folder)
    return missing


def _make(folder: Path) -> None:
    try:
        folder.mkdir()
    except OSError as error:
        raise ExportError(
            f"cannot create a folder in {folder.parent}: {disks.explain(error, folder)}; choose an "
            "output that you can write to"
        ) from error


def _put_in_place(stage: Path, target: Path, overwrite: bool) -> None:
    try:
        if overwrite and target.is_dir():
            files.sync_folder(stage)  # or a crash could leave neither the old nor the new
        if not (overwrite and target.is_dir()):
            stage.rename(target)  # fails if something was created there in the meantime
        elif _exchange(stage, target):
            files.sync(target.parent)
            shutil.rmtree(stage)  # holds the old content now
        else:
            _replace_in_two_steps(stage, target)
    except OSError as error:
        raise ExportError(
            f"cannot move the artifact to {target}: {disks.explain(error, target)}; choose another "
            "output"
        ) from error


def _fill(stage: Path, target: Path) -> None:
    """Moves everything from a stage inside of the target up into it, or nothing."""
    entries = sorted(stage.iterdir(), key=lambda path: path.name == "saved_model.pb")
    try:
        for entry in entries:
            others = sorted({e.name for e in target.iterdir()} - {stage.name, *_names(entries)})
            if others or os.path.lexists(target / entry.name):
                raise ExportError(
                    f"something else was created in {target} in the meantime "
                    f"({(others or [entry.name])[0]}): choose another output"
                )
            entry.rename(target / entry.name)
        stage.rmdir()
    except BaseException as error:
        for name in _names(entries):
            if not os.path.lexists(stage / name):  # it was moved
                _remove(target / name)
        if isinstance(error, OSError):
            reason = f"cannot move the artifact to {target}: {disks.explain(error, target)}"
            raise ExportError(reason) from error
        raise


def _names(paths: Iterable[Path]) -> list[str]:
    return [path.name for path in paths]


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _exchange(one: Path, other: Path) -> bool:
    """Swaps two folders in one step, if the system supports it (Linux, most file systems)."""
    rename: Callable[..., int] | None = getattr(ctypes.CDLL(None), "renameat2", None)
    if rename is None:
        return False
    paths = (_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other))
    return rename(*paths, _RENAME_EXCHANGE) == 0


def _replace_in_two_steps(stage: Path, target: Path) -> None:
    aside = stage.with_name(stage.name + _ASIDE)
    lock = scratch.lock(target)  # also once it is aside
    try:
        target.rename(aside)
        try:
            stage.rename(target)
        except BaseException:
            aside.rename(target)
            raise
        shutil.rmtree(aside)
    finally:
        scratch.unlock(lock)
