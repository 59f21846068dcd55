"""Facts of the registered networks, stored so that looking them up builds no graph.

`scripts/store_networks.py` writes the data; a test compares it with the built networks. All of
it is of the networks' default options: image size, depth multiplier, and logits.
"""

from __future__ import annotations

import functools
import gzip
import json
import math
import re
from collections.abc import Mapping
from importlib import resources
from typing import Any

from slimhub.nets.registry import get

VARIABLES = "data/variables.json.gz"  # {network: {variable: shape}}
GRAPHS = "data/graphs.json.gz"  # {network: {"macs": number, "endpoints": {name: shape}}}
_STATISTICS = re.compile(r"/moving_(mean|variance)$")

Shapes = Mapping[str, tuple[int, ...]]


def is_statistic(variable: str) -> bool:
    """Whether a variable is a moving statistic of a batch norm, by its name."""
    return _STATISTICS.search(variable) is not None


@functools.cache
def _read(file: str) -> dict[str, Any]:
    text = resources.files("slimhub.nets.catalogue").joinpath(file).read_bytes()
    content: dict[str, Any] = json.loads(gzip.decompress(text))
    return content


def _as_shapes(table: dict[str, list[int]]) -> dict[str, tuple[int, ...]]:
    return {name: tuple(shape) for name, shape in table.items()}


def variables(network: str) -> dict[str, tuple[int, ...]]:
    """Shapes by name of all variables of a registered network, its logits among them.

    Raises:
      KeyError: for a network without stored variables.
    """
    return _as_shapes(_read(VARIABLES)[network])


def endpoint_shapes(network: str) -> dict[str, tuple[int, ...]]:
    """Shapes by name of all endpoints of a registered network, without the batch, in graph order.

    Raises:
      KeyError: for a network without a stored graph.
    """
    return _as_shapes(_read(GRAPHS)[network]["endpoints"])


def count_macs(network: str) -> int:
    """Multiply-adds for one image of the default size, with logits.

    Counted are convolutions and matrix products, nothing else; `scripts/store_networks.py` has
    the details.

    Raises:
      KeyError: for a network without a stored graph.
    """
    return int(_read(GRAPHS)[network]["macs"])


def count_parameters(network: str) -> dict[str, int]:
    """Counts single numbers: `trainable`, `headless` (trainable, no logits) and `statistics`."""
    head = re.compile(get(network).head)
    counts = {"trainable": 0, "headless": 0, "statistics": 0}
    for name, shape in variables(network).items():
        size = math.prod(shape)
        if is_statistic(name):
            counts["statistics"] += size
            continue
        counts["trainable"] += size
        if not head.search(name):
            counts["headless"] += size
    return counts
