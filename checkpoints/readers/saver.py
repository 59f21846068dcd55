"""Checkpoints: those of TensorFlow 1's Saver, and the object-based ones of TensorFlow 2.

Their files have the same names; which it is shows when one is opened.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from slimhub.checkpoints import names, refusals, selection, tensor_reader
from slimhub.checkpoints.readers.object_names import ObjectTensors
from slimhub.checkpoints.readers.tensor_source import Format, TensorSource
from slimhub.checkpoints.tensor_reader import TensorReader


def find_labels(files: Iterable[str]) -> list[str]:
    """Prefixes of the checkpoints among files."""
    return selection.candidates(files)


def prefer(labels: list[str]) -> tuple[list[str], str]:
    """All: `selection.choose` picks by their contents, and by state files."""
    return labels, ""


def claims(path: Path) -> bool:
    """Whether a file is of V1, by its end."""
    return refusals.is_table(path)


def locate_file(path: Path) -> Path:
    """The file itself."""
    return path


def has_shadows(path: Path) -> bool:
    """Whether any tensor has the name of a moving average."""
    tensors = tensor_reader.list_tensors(path)
    return any(names.SHADOW in name for name in tensors)


def locate_label(folder: Path, label: str) -> Path:
    """The prefix."""
    return folder / label


def is_part(file: str, label: str) -> bool:
    """Whether a file is the checkpoint's, but for its graph."""
    return file == label or (names.prefix_of(file) == label and not file.endswith(".meta"))


def list_files(path: Path) -> list[Path]:
    """Index and data; V1 has one file."""
    return tensor_reader.files_of(path)


def open_source(path: Path) -> TensorSource:
    """Opens a checkpoint of either kind.

    Raises:
      CheckpointError: where it is damaged.
    """
    reader = TensorReader(path)
    if names.OBJECT_GRAPH in reader.tensors:
        return ObjectTensors(reader, "object_based")
    return SaverTensors(reader)


class SaverTensors:
    """Tensors of a Saver's checkpoint, wherever it lies."""

    graph_file: Path | None = None

    def __init__(self, reader: TensorReader) -> None:
        """Takes an opened checkpoint."""
        self._reader = reader
        self.prefix, self.tensors = reader.prefix, reader.tensors
        self.format: Format = "V1" if len(reader.files) == 1 else "V2"

    def read(self, name: str) -> np.ndarray:
        """The value of a tensor."""
        return self._reader.read(name)
