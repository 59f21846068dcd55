"""The names of the classes of an artifact, where there are few enough for a page."""

from __future__ import annotations

from pathlib import Path

from slimhub.common import foreign_files
from slimhub.export import labels
from slimhub.export.record import Record

_MOST = 20


def read(folder: str | Path, record: Record) -> tuple[str, ...]:
    """The names in the order of the logits; none where there are more than 20, or no file.

    Args:
      folder: of the artifact.
      record: of the artifact.
    """
    if record.labels is None or record.labels.count > _MOST:
        return ()
    try:
        text = foreign_files.read_text(Path(folder) / "assets" / labels.FILE_NAME)
    except (OSError, UnicodeDecodeError):
        return ()
    names = tuple(text.removesuffix("\n").split("\n"))
    return names if len(names) == record.labels.count else ()
