"""A folder that appears at its target whole or not at all."""

from __future__ import annotations

import contextlib
import ctypes
import os
import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from slimhub.common.errors import ExportError, RequestError, option
from slimhub.export import saved_model_files

_AT_FDCWD = -100  # "relative to the working folder", linux/fcntl.h
_RENAME_EXCHANGE = 2  # linux/fs.h


def check_target(target: str | os.PathLike[str], overwrite: bool) -> Path:
    """Refuses a target that must not be written.

    Args:
      target: path of the folder to be.
      overwrite: whether a SavedModel that is there may be replaced.

    Returns:
      The absolute path, links resolved.

    Raises:
      RequestError: where something is there and may not be replaced.
    """
    if not os.fspath(target).strip():
        raise RequestError("the output is empty: name the folder to be written")
    path = Path(os.path.realpath(target))
    if not os.path.lexists(path):
        existing = next(folder for folder in path.parents if folder.exists())
        if not _can_hold_folders(existing):
            raise RequestError(f"{existing} is no folder you may write in: name another output")
        return path
    if not overwrite:
        raise RequestError(
            f"the output {os.fspath(target)} exists: name another folder, or replace it "
            f"with {option('overwrite')}"
        )
    if not path.is_dir() or (any(path.iterdir()) and not (path / "saved_model.pb").is_file()):
        raise RequestError(
            f"the output {os.fspath(target)} is not a SavedModel folder, so {option('overwrite')} "
            "does not replace it: name another folder, or remove it yourself"
        )
    others = sorted({entry.name for entry in path.iterdir()} - saved_model_files.REPLACEABLE)
    if others:
        raise RequestError(
            f"the output {os.fspath(target)} also holds {', '.join(others[:3])}, which "
            f"{option('overwrite')} would remove with the SavedModel: name another folder, or move "
            "that away"
        )
    return path


def _can_hold_folders(folder: Path) -> bool:
    """Whether a folder can be made in it: tried, since permissions do not tell for all systems."""
    try:
        Path(tempfile.mkdtemp(prefix=".slimhub-", dir=folder)).rmdir()
    except OSError:
        return False
    return True


def check_inputs(target: Path, inputs: Iterable[str | None]) -> None:
    """Refuses a target that holds what the export is to read.

    Args:
      target: as `check_target` returns it.
      inputs: paths; URLs and None are passed over.

    Raises:
      RequestError: names the path.
    """
    for text in inputs:
        if text is not None and Path(os.path.realpath(text)).is_relative_to(target):
            raise RequestError(
                f"{text} is in the output, which would be replaced: name another output"
            )


@contextlib.contextmanager
def staged(target: Path, overwrite: bool) -> Iterator[Path]:
    """A new folder beside the target that takes its place when the block ends well.

    Where the block raises or is interrupted the folder is removed, with the parent folders
    that were made for it, and the target is as it was. An old target stays in place until
    the very exchange.

    Args:
      target: path of the folder to be, checked by `check_target`.
      overwrite: whether a folder that is there is replaced.

    Raises:
      ExportError: where the folder cannot be made or put in place.
    """
    made = _make_parents(target)
    # A name of 255 bytes, the most that file systems take, leaves no room for an addition.
    stage = target.parent / f".{target.name[:40]}.slimhub-{secrets.token_hex(4)}"
    try:
        _make(stage)
        yield stage
        _put_in_place(stage, target, overwrite)
    except BaseException:
        shutil.rmtree(stage, ignore_errors=True)
        for folder in made:  # innermost first
            with contextlib.suppress(OSError):
                folder.rmdir()
        raise


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
            f"cannot make a folder in {folder.parent}: {error.strerror}; "
            "name an output where you may write"
        ) from error


def _put_in_place(stage: Path, target: Path, overwrite: bool) -> None:
    try:
        if not (overwrite and target.is_dir()):
            stage.rename(target)  # fails where something came there meanwhile
        elif _exchange(stage, target):
            shutil.rmtree(stage)  # now holds the old content
        else:
            _replace_in_two_steps(stage, target)
    except OSError as error:
        raise ExportError(f"cannot move the artifact to {target}: {error.strerror}") from error


def _exchange(one: Path, other: Path) -> bool:
    """Swaps two folders in one step, where the system can (Linux, most file systems)."""
    rename: Callable[..., int] | None = getattr(ctypes.CDLL(None), "renameat2", None)
    if rename is None:
        return False
    paths = (_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other))
    return rename(*paths, _RENAME_EXCHANGE) == 0


def _replace_in_two_steps(stage: Path, target: Path) -> None:
    aside = stage.with_name(stage.name + "-old")
    target.rename(aside)
    try:
        stage.rename(target)
    except BaseException:
        aside.rename(target)
        raise
    shutil.rmtree(aside)
