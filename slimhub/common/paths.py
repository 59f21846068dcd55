"""Paths that users and files name, as this system has them."""

from __future__ import annotations

import os
from pathlib import Path

from slimhub.common.errors import RequestError


def expanded(path: str | os.PathLike[str]) -> Path:
    """A path, with `~` and `~USER` replaced by the folders of users.

    Args:
      path: as a user wrote it.

    Raises:
      RequestError: if there is no such user, or it cannot be a path.
    """
    text = os.fspath(path)
    if "\0" in text:
        raise RequestError("a path holds a NUL character, which no file can have in its name")
    try:
        return Path(text).expanduser()
    except RuntimeError as error:
        raise RequestError(
            f"the folder of the user in {text} is not known: write the path without ~"
        ) from error


def resolved(path: str | os.PathLike[str]) -> Path:
    """The absolute path without links; one with a circle of links stays as far as it leads.

    Args:
      path: of anything, which need not exist.
    """
    return Path(os.path.realpath(path))


def home() -> Path | None:
    """The folder of the user; None where neither the environment nor the system knows one."""
    try:
        return Path.home()
    except RuntimeError:
        return None
