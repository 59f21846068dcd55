"""A source whose tensors are stored under other names than the network's."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from slimhub.checkpoints.readers.tensor_source import Format, TensorSource
from slimhub.checkpoints.tensor_reader import TensorInfo

if TYPE_CHECKING:
    import numpy as np


class TensorView:
    """Some tensors of a source under other names; see `TensorSource`."""

    def __init__(self, source: TensorSource, stored: Mapping[str, str]) -> None:
        """Wraps a source.

        Args:
          source: an open source.
          stored: names in the source, by the names in the view.
        """
        self._source, self._stored = source, stored
        self.tensors: dict[str, TensorInfo] = {
            name: source.tensors[original] for name, original in stored.items()
        }

    @property
    def format(self) -> Format:
        """The source's prefix."""
        return self._source.format

    @property
    def prefix(self) -> Path:
        """The source's format."""
        return self._source.prefix

    @property
    def graph_file(self) -> Path | None:
        """The source's graph file."""
        return self._source.graph_file

    def read(self, name: str) -> np.ndarray:
        """The value of a tensor, by its name in the view."""
        return self._source.read(self._stored[name])
