"""Stored facts about the registered networks, so that looking them up does not build a graph.

`scripts/store_networks.py` writes the data; a test compares it with the built networks. Everything
refers to the networks' default options: image size, depth multiplier, and logits.
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
from slimhub.nets.spec import NetworkSpec

VARIABLES = "data/variables.json.gz"  # {network: {variable: shape}}
GRAPHS = "data/graphs.json.gz"  # {network: {"macs": number, "endpoints": {name: shape}}}
_STATISTICS = re.compile(r"/moving_(mean|variance)$")

Shapes = Mapping[str, tuple[int, ...]]


def is_statistic(variable: str) -> bool:
    """Whether a variable is a moving statistic of a batch norm.

    Args:
      variable: its full name.

    Returns:
      Whether the name ends in `/moving_mean` or `/moving_variance`.
    """
    return _STATISTICS.search(variable) is not None


@functools.cache
def _read(file: str) -> dict[str, Any]:
    text = resources.files("slimhub.nets.catalogue").joinpath(file).read_bytes()
    content: dict[str, Any] = json.loads(gzip.decompress(text))
    return content


def _as_shapes(table: dict[str, list[int]]) -> dict[str, tuple[int, ...]]:
    return {name: tuple(shape) for name, shape in table.items()}


def variables(network: str) -> dict[str, tuple[int, ...]]:
    """Shapes of all variables of a registered network, including its logits.

    Args:
      network: registered name.

    Returns:
      Shapes by full name, in graph order; kernels are (height, width, inputs, outputs).

    Raises:
      KeyError: if no variables are stored for the network.
    """
    return _as_shapes(_read(VARIABLES)[network])


def endpoint_shapes(network: str) -> dict[str, tuple[int, ...]]:
    """Shapes by name of a network's endpoints, without the batch dimension, in graph order.

    Raises:
      KeyError: if no graph is stored for the network.
    """
    return _as_shapes(_read(GRAPHS)[network]["endpoints"])


def has_stored_layers(spec: NetworkSpec) -> bool:
    """Whether the stored facts hold for a network with its options, the number of classes aside.

    Args:
      spec: a network's, with options or without.

    Returns:
      False for custom networks, and for options that change layers or the image size.
    """
    if spec.reference:
        return False
    plain = get(spec.name)
    keys = ("depth_multiplier", "image_size", "channels", "feature_depth", "batch_norm_scale")
    return spec.options == plain.options and all(
        getattr(spec, key) == getattr(plain, key) for key in keys
    )


def count_macs(network: str) -> int:
    """Counts multiply-adds for one image of the default size, with logits.

    Only convolutions and matrix products count; see
    `export.savedmodel.graph_figures`.

    Args:
      network: registered name.

    Returns:
      Multiply-adds; one multiplication and one addition count as one.

    Raises:
      KeyError: if no graph is stored for the network.
    """
    return int(_read(GRAPHS)[network]["macs"])


def count_parameters(network: str) -> dict[str, int]:
    """Counts the parameters of a registered network.

    Args:
      network: registered name.

    Returns:
      Single numbers, by what they are: `trainable`, `headless` (trainable, without the logits) and
      `statistics` (moving means and variances).

    Raises:
      KeyError: if no variables are stored for the network.
    """
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
