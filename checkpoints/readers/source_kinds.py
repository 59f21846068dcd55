"""The table of kinds, in the order in which they are looked for."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from slimhub.checkpoints.readers import frozen_graph, keras_weights, saved_model, saver
from slimhub.checkpoints.readers.tensor_source import SourceKind

CHECKPOINTS: SourceKind = saver
# A folder or archive is that of its checkpoints, whatever was exported into it besides.
KINDS: tuple[SourceKind, ...] = (saver, saved_model, frozen_graph, keras_weights)

Found = tuple[SourceKind, list[str]]


def find(files: Iterable[str], name: str | None) -> Found | None:
    """The kind that a folder or archive holds, with the labels of its sources.

    Args:
      files: relative names.
      name: part of the label that the user asks for; the first kind with such a label is taken.

    Returns:
      None where there is no source of any kind.
    """
    present = list(files)
    found = [(kind, labels) for kind in KINDS if (labels := kind.find_labels(present))]
    asked = [(kind, labels) for kind, labels in found if any((name or "") in n for n in labels)]
    return next(iter(asked or found), None)


def of_file(path: Path) -> SourceKind | None:
    """The kind that a file is, which is named directly; None for none."""
    return next((kind for kind in KINDS if kind.claims(path)), None)


def is_part_of_folder(path: Path) -> bool:
    """Whether a file stands for the folder that it is in."""
    return saved_model.claims(path)
