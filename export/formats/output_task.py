"""What the output of an artifact is for, and the names of its classes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from slimhub.common import foreign_files
from slimhub.common.errors import ExportError, option
from slimhub.export.labels import FILE_NAME
from slimhub.export.record import Record

_OF_NAMES = {"logits": "classification", "feature_vector": "feature_vector"}


def decide(
    artifact: Path, record: Record | None, output: str, width: Sequence[int], wanted: str | None
) -> str | None:
    """The task of an artifact: as its record, the user, the output's name, or labels say.

    Args:
      artifact: its folder.
      record: of the artifact, or None.
      output: name of the signature's output.
      width: its last dimension; empty if its shape is unknown.
      wanted: what the user says, one of `nets.TASKS`, or None.

    Returns:
      One of `nets.TASKS`; None if nothing says.

    Raises:
      ExportError: if the user says otherwise than the record, or labels cannot be read.
    """
    if record is not None:
        if wanted not in (None, record.task):
            raise ExportError(
                f"{artifact.name} is of the task {record.task}, as its record says: leave "
                f"{option('task')} out"
            )
        return record.task
    if wanted or output in _OF_NAMES:
        return wanted or _OF_NAMES[output]
    is_labeled = [len(labels(artifact))] == list(width)
    return "classification" if is_labeled else None


def labels(artifact: Path) -> tuple[str, ...]:
    """The lines of an artifact's labels; none if it has no such file.

    Args:
      artifact: its folder.

    Raises:
      ExportError: if they cannot be read.
    """
    path = artifact / "assets" / FILE_NAME
    if not path.is_file():
        return ()
    try:
        text = foreign_files.read_text(path).removesuffix("\n")
    except (OSError, UnicodeError) as error:
        raise ExportError(f"the labels of {artifact.name} cannot be read: {error}") from error
    return tuple(line.rstrip("\r") for line in text.split("\n"))
