"""What every kind of source provides: tensors by the names of variables."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

from slimhub.checkpoints.tensor_reader import TensorInfo

if TYPE_CHECKING:
    import numpy as np

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
    "V1": "a TensorFlow 1 Saver checkpoint in one file",
    "V2": "a TensorFlow 1 Saver checkpoint",
    "object_based": "an object-based TensorFlow 2 or Keras checkpoint",
    "saved_model_1": "a TensorFlow 1 SavedModel",
    "hub_module_1": "a TensorFlow 1 Hub module",
    "saved_model_2": "a TensorFlow 2 SavedModel",
    "frozen_graph": "a frozen graph, whose constants are the weights",
    "keras_h5": "Keras weights in HDF5",
}


class TensorSource(Protocol):
    """The tensors of one source.

    Attributes:
      format: its kind.
      prefix: path to open it again, see `Checkpoint.prefix`.
      graph_file: the file with the graph that used the weights, or None.
      tensors: shape and dtype by variable name.
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
          CheckpointError: if its bytes are damaged.
        """


class SourceKind(Protocol):
    """One kind of source: a module with these functions, listed in `source_kinds`.

    A label is the name of a source in its folder or archive. Only `open_source` needs TensorFlow.
    """

    def find_labels(self, files: Iterable[str]) -> list[str]:
        """Labels of the sources of this kind among relative file names, sorted."""

    def prefer(self, labels: list[str]) -> tuple[list[str], str]:
        """The preferred ones of several sources, and why, in words."""

    def claims(self, path: Path) -> bool:
        """Whether a file that was named directly is of this kind."""

    def locate_file(self, path: Path) -> Path:
        """What to pass to `list_files` and `open_source` for a file that was named directly."""

    def has_shadows(self, path: Path) -> bool:
        """Whether a source holds averages next to the raw values; only called for checkpoints."""

    def locate_label(self, folder: Path, label: str) -> Path:
        """What to pass for a source in a folder."""

    def is_part(self, file: str, label: str) -> bool:
        """Whether a file of an archive must be unpacked for a source."""

    def list_files(self, path: Path) -> list[Path]:
        """The files that make up a source's digest, in order."""

    def open_source(self, path: Path) -> TensorSource:
        """Reads names and shapes.

        Raises:
          CheckpointError: if the source is damaged, or holds no weights.
        """
