"""Pages of the Python API for mkdocs: a hook of mkdocs.yml, which mkdocs calls.

The rooms are folders of the repository, and part of `slimhub` only once they are installed. The
library that reads docstrings (griffe) looks for packages below one folder and follows no links, so
this hook copies the rooms to where a wheel has them.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any

from mkdocs.plugins import event_priority

REPOSITORY = Path(__file__).parent.parent
ROOMS = ("checkpoints", "evaluate", "export", "nets", "publish", "zoo")

_copies: list[tempfile.TemporaryDirectory[str]] = []


@event_priority(100)  # before mkdocstrings reads its settings
def on_config(config: Any) -> Any:
    """Tells mkdocstrings where the package is.

    Args:
      config: of mkdocs.
    """
    if not _copies:
        _copies.append(tempfile.TemporaryDirectory(prefix="slimhub-docs-"))
        copy(Path(_copies[0].name))
    handlers = config.plugins["mkdocstrings"].config.handlers
    handlers.setdefault("python", {})["paths"] = [_copies[0].name]
    return config


def on_shutdown() -> None:
    """Removes the copy."""
    while _copies:
        _copies.pop().cleanup()


def copy(folder: Path) -> None:
    """Copies the package `slimhub` with all its rooms into a folder."""
    package = folder / "slimhub"
    ignored = shutil.ignore_patterns("__pycache__", "*.gz")
    shutil.copytree(REPOSITORY / "slimhub", package, ignore=ignored)
    for room in ROOMS:
        shutil.copytree(REPOSITORY / room, package / room, ignore=ignored)
