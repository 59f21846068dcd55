"""Checkpoints of TensorFlow 1's Saver, and object-based ones of TensorFlow 2.

Both have the same file names; which one it is shows when it is opened.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from slimhub.checkpoints import names, refusals, selection, tensor_reader
from slimhub.checkpoints.readers.object_names import ObjectTensors
from slimhub.checkpoints.readers.tensor_source import Format, TensorSource
from slimhub.checkpoints.tensor_reader import TensorReader

if TYPE_CHECKING:
    import numpy as np


def find_labels(files: Iterable[str]) -> list[str]:
    """Prefixes of the checkpoints among files."""
    return selection.candidates(files)


def prefer(labels: list[str]) -> tuple[list[str], str]:
    """All of them: `selection.choose` picks by content and state files."""
    return labels, ""


def claims(path: Path) -> bool:
    """Whether a file is a V1 checkpoint, judging by its last bytes."""
    return refusals.is_table(path)


def locate_file(path: Path) -> Path:
    """The file itself."""
    return path


def has_shadows(path: Path) -> bool:
    """Whether any tensor is named like a moving average."""
    tensors = tensor_reader.list_tensors(path)
    return any(names.SHADOW in name for name in tensors)


def locate_label(folder: Path, label: str) -> Path:
    """The prefix."""
    return folder / label


def is_part(file: str, label: str) -> bool:
    """Whether a file belongs to the checkpoint; its graph does not count."""
    return file == label or (names.prefix_of(file) == label and not file.endswith(".meta"))


def list_files(path: Path) -> list[Path]:
    """Index and data; V1 has a single file."""
    return tensor_reader.files_of(path)


def open_source(path: Path) -> TensorSource:
    """Opens either kind of checkpoint.

    Raises:
      CheckpointError: if it is damaged.
    """
    reader = TensorReader(path)
    if names.OBJECT_GRAPH in reader.tensors:
        return ObjectTensors(reader, "object_based")
    return SaverTensors(reader)


class SaverTensors:
    """The tensors of a Saver's checkpoint."""

    graph_file: Path | None = None

    def __init__(self, reader: TensorReader) -> None:
        """Wraps an open checkpoint."""
        self._reader = reader
        self.prefix, self.tensors = reader.prefix, reader.tensors
        self.format: Format = "V1" if len(reader.files) == 1 else "V2"

    def read(self, name: str) -> np.ndarray:
        """The value of a tensor."""
        return self._reader.read(name)
