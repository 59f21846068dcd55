"""A source by the names that networks know, where it holds its tensors under others."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from slimhub.checkpoints.readers.tensor_source import Format, TensorSource
from slimhub.checkpoints.tensor_reader import TensorInfo


class TensorView:
    """Some tensors of a source, under other names; see `TensorSource`."""

    def __init__(self, source: TensorSource, stored: Mapping[str, str]) -> None:
        """Takes a source.

        Args:
          source: opened.
          stored: names in the source by those in the view.
        """
        self._source, self._stored = source, stored
        self.tensors: dict[str, TensorInfo] = {
            name: source.tensors[original] for name, original in stored.items()
        }

    @property
    def format(self) -> Format:
        """Of the source."""
        return self._source.format

    @property
    def prefix(self) -> Path:
        """Of the source."""
        return self._source.prefix

    @property
    def graph_file(self) -> Path | None:
        """Of the source."""
        return self._source.graph_file

    def read(self, name: str) -> np.ndarray:
        """The value of a tensor, by its name in the view."""
        return self._source.read(self._stored[name])
