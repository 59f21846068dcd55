"""What every kind of source offers: tensors by the names of variables."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Literal, Protocol

import numpy as np

from slimhub.checkpoints.tensor_reader import TensorInfo

Format = Literal[
    "V1",
    "V2",
    "object_based",
    "saved_model_1",
    "hub_module_1",
    "saved_model_2",
    "frozen_graph",
    "keras_h5",
]

WORDS: dict[Format, str] = {
    "V1": "a checkpoint of TensorFlow 1's Saver, in one file",
    "V2": "a checkpoint of TensorFlow 1's Saver",
    "object_based": "an object-based checkpoint of TensorFlow 2 or Keras",
    "saved_model_1": "a TensorFlow 1 SavedModel",
    "hub_module_1": "a TensorFlow 1 Hub module",
    "saved_model_2": "a TensorFlow 2 SavedModel",
    "frozen_graph": "a frozen graph, the weights of which are its constants",
    "keras_h5": "Keras weights in HDF5",
}


class TensorSource(Protocol):
    """Tensors that one source holds.

    Attributes:
      format: its kind.
      prefix: path by which it is opened again, see `Checkpoint.prefix`.
      graph_file: the file with the graph that the weights were used in, None where there is none.
      tensors: shape and dtype by the name of the variable.
    """

    @property
    def format(self) -> Format: ...  # noqa: D102
    @property
    def prefix(self) -> Path: ...  # noqa: D102
    @property
    def graph_file(self) -> Path | None: ...  # noqa: D102
    @property
    def tensors(self) -> dict[str, TensorInfo]: ...  # noqa: D102

    def read(self, name: str) -> np.ndarray:
        """The value of a tensor.

        Raises:
          CheckpointError: where its bytes are damaged.
        """


class SourceKind(Protocol):
    """One kind of source. A module with these functions is one: add it to `source_kinds`.

    A label is what a source is called in its folder or archive. All but `open_source` do without
    TensorFlow.
    """

    def find_labels(self, files: Iterable[str]) -> list[str]:
        """Labels of the sources of this kind among relative file names, sorted."""

    def prefer(self, labels: list[str]) -> tuple[list[str], str]:
        """Those of several that are better than the others, and why, in words."""

    def claims(self, path: Path) -> bool:
        """Whether a file that is named directly is of this kind."""

    def locate_file(self, path: Path) -> Path:
        """What `list_files` and `open_source` take for a file that is named directly."""

    def has_shadows(self, path: Path) -> bool:
        """Whether a source holds averages beside the raw values; asked only of checkpoints."""

    def locate_label(self, folder: Path, label: str) -> Path:
        """What they take for a source in a folder."""

    def is_part(self, file: str, label: str) -> bool:
        """Whether a file of an archive has to be unpacked for a source."""

    def list_files(self, path: Path) -> list[Path]:
        """The files that a source's digest counts, in its order."""

    def open_source(self, path: Path) -> TensorSource:
        """Reads names and shapes.

        Raises:
          CheckpointError: for what is damaged, or holds no weights.
        """
