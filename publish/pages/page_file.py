"""Writes a page to a file: whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

from slimhub.common import disks, files, paths
from slimhub.common.errors import PublishError, RequestError, option


def check_target(path: str, artifact: str | None, *, overwrite: bool) -> None:
    """Refuses a file that a page cannot be written to, before any work.

    Args:
      path: of the file.
      artifact: folder of what the page is of, which it may not change; None where there is none.
      overwrite: whether an existing file may be replaced.

    Raises:
      RequestError: says why.
    """
    target = Path(path)
    if not path or target.is_dir():
        raise RequestError(f"{option('output')} must name a file, not the folder {path or '.'}")
    if artifact is not None and paths.resolved(target).is_relative_to(paths.resolved(artifact)):
        raise RequestError(
            f"{option('output')} must be outside the artifact, which holds nothing but itself"
        )
    if os.path.lexists(target) and not overwrite:
        raise RequestError(
            f"{path} exists: name another {option('output')}, or give {option('overwrite')}"
        )


def write(path: str, text: str) -> None:
    """Writes a file, and the folders above it.

    Args:
      path: of the file; what is there is replaced in one step.
      text: its content.

    Raises:
      PublishError: where it cannot be written; nothing is left then.
    """
    try:
        files.write_atomically(Path(path), text)
    except OSError as error:
        raise PublishError(f"cannot write {path}: {disks.explain(error, Path(path))}") from error
