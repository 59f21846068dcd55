"""The files of stored facts: shapes of variables and endpoints, by the name of a network."""

from __future__ import annotations

import functools
import gzip
import json
from collections.abc import Mapping
from importlib import resources
from typing import Any

VARIABLES = "data/variables.json.gz"  # {network: {variable: shape}}
GRAPHS = "data/graphs.json.gz"  # {network: {"macs": number, "endpoints": {name: shape}}}

Shapes = Mapping[str, tuple[int, ...]]


@functools.cache
def read(file: str) -> dict[str, Any]:
    """The content of `VARIABLES` or `GRAPHS`, by network."""
    text = resources.files("slimhub.nets.catalogue").joinpath(file).read_bytes()
    content: dict[str, Any] = json.loads(gzip.decompress(text))
    return content


def variables(network: str) -> dict[str, tuple[int, ...]]:
    """Shapes of all variables of a registered network, including its logits.

    Args:
      network: registered name.

    Returns:
      Shapes by full name, in graph order; kernels are (height, width, inputs, outputs).

    Raises:
      KeyError: if no variables are stored for the network.
    """
    return _as_shapes(read(VARIABLES)[network])


def endpoint_shapes(network: str) -> dict[str, tuple[int, ...]]:
    """Shapes by name of a network's endpoints, without the batch dimension, in graph order.

    Raises:
      KeyError: if no graph is stored for the network.
    """
    return _as_shapes(read(GRAPHS)[network]["endpoints"])


def _as_shapes(table: dict[str, list[int]]) -> dict[str, tuple[int, ...]]:
    return {name: tuple(shape) for name, shape in table.items()}
