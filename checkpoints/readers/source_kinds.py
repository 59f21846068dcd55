"""The table of source kinds, in the order in which they are tried."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from slimhub.checkpoints.readers import frozen_graph, keras_weights, saved_model, saver
from slimhub.checkpoints.readers.tensor_source import SourceKind

CHECKPOINTS: SourceKind = saver
# Checkpoints come first: a folder may also hold exports made from them.
KINDS: tuple[SourceKind, ...] = (saver, saved_model, frozen_graph, keras_weights)

Found = tuple[SourceKind, list[str]]


def find(files: Iterable[str], name: str | None) -> Found | None:
    """The kind of source in a folder or archive, with the labels of its sources.

    Args:
      files: relative names.
      name: part of the label that the user asked for; the first kind with a match is taken.

    Returns:
      None if there is no source of any kind.
    """
    present = list(files)
    found = [(kind, labels) for kind in KINDS if (labels := kind.find_labels(present))]
    asked = [(kind, labels) for kind, labels in found if any((name or "") in n for n in labels)]
    return next(iter(asked or found), None)


def of_file(path: Path) -> SourceKind | None:
    """The kind of a file that was named directly, or None."""
    return next((kind for kind in KINDS if kind.claims(path)), None)


def is_part_of_folder(path: Path) -> bool:
    """Whether a file represents the folder it is in."""
    return saved_model.claims(path)
