"""Frozen graphs, in which constants replace variables and keep their names.

The graph is parsed, but never imported: no part of it runs.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Literal

from slimhub.checkpoints import names
from slimhub.checkpoints.readers import graph_constants
from slimhub.checkpoints.readers.single_file import has_shadows as has_shadows
from slimhub.checkpoints.readers.single_file import is_part as is_part
from slimhub.checkpoints.readers.single_file import list_files as list_files
from slimhub.checkpoints.readers.single_file import locate_file as locate_file
from slimhub.checkpoints.readers.single_file import locate_label as locate_label
from slimhub.checkpoints.tensor_reader import TensorInfo
from slimhub.common.errors import CheckpointError
from slimhub.common.quiet_tensorflow import imported

if TYPE_CHECKING:
    import numpy as np

_MAX_VALUES = 1 << 28  # of one tensor; the largest in a known network has 1e8


def find_labels(files: Iterable[str]) -> list[str]:
    """Relative names of the graphs among the files."""
    return sorted(file for file in files if names.is_graph(file))


def prefer(labels: list[str]) -> tuple[list[str], str]:
    """Prefers graphs that are called frozen: archives also hold graphs without values."""
    frozen = [label for label in labels if "frozen" in PurePosixPath(label).name.lower()]
    if frozen:
        return frozen, "preferred because its name says that it is frozen"
    binary = [label for label in labels if label.endswith(".pb")]
    return binary, "preferred because graphs with values are rarely stored as text"


def claims(path: Path) -> bool:
    """Whether a file is named like a graph."""
    return names.is_graph(path.name)


def open_source(path: Path) -> FrozenGraph:
    """Parses a graph and finds its weights.

    Raises:
      CheckpointError: if the graph is damaged, not frozen, folded or quantized.
    """
    return FrozenGraph(path)


class FrozenGraph:
    """The constants of a graph that replace variables."""

    format: Literal["frozen_graph"] = "frozen_graph"

    def __init__(self, path: Path) -> None:
        """Parses a graph and finds its weights."""
        self.prefix = self.graph_file = path
        graph = graph_constants.parse(path)
        weights = graph_constants.find_names(graph)
        if complaint := graph_constants.complain(graph, weights):
            raise CheckpointError(f"{path.name} {complaint}")
        self._values = {n.name: n.attr["value"].tensor for n in graph.node if n.name in weights}
        self.tensors = {name: self._info(name) for name in sorted(self._values)}

    def read(self, name: str) -> np.ndarray:
        """The value of a constant.

        Raises:
          CheckpointError: if its bytes do not match its shape.
        """
        import numpy as np

        try:
            return np.asarray(imported().make_ndarray(self._values[name]))
        except (ValueError, TypeError) as error:
            raise self._damaged(name) from error

    def _info(self, name: str) -> TensorInfo:
        value = self._values[name]
        shape = tuple(int(dimension.size) for dimension in value.tensor_shape.dim)
        if any(size < 0 for size in shape) or math.prod(shape) > _MAX_VALUES:
            raise self._damaged(name)
        try:
            return TensorInfo(shape, imported().dtypes.as_dtype(value.dtype).name)
        except TypeError as error:
            raise self._damaged(name) from error

    def _damaged(self, name: str) -> CheckpointError:
        return CheckpointError(
            f"the constant {name} in {self.prefix.name} is damaged and cannot be read: copy or "
            "download the graph again"
        )
