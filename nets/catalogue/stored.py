"""Stored facts about the registered networks, so that looking them up does not build a graph.

`scripts/store_networks.py` writes the data; a test compares it with the built networks. Everything
refers to the networks' default options: image size, depth multiplier, and logits.
"""

from __future__ import annotations

import math
import re

from slimhub.nets.catalogue import tables
from slimhub.nets.catalogue.tables import Shapes as Shapes
from slimhub.nets.catalogue.tables import endpoint_shapes as endpoint_shapes
from slimhub.nets.catalogue.tables import variables as variables
from slimhub.nets.registry import get
from slimhub.nets.spec import NetworkSpec

_STATISTICS = re.compile(r"/moving_(mean|variance)$")


# Fields of a spec that options set, and that the stored facts depend on.
_OF_LAYERS = (
    "depth_multiplier",
    "image_size",
    "channels",
    "feature_depth",
    "last_layer",
    "output_stride",
    "has_batch_norm",
    "batch_norm_scale",
)


def is_statistic(variable: str) -> bool:
    """Whether a variable is a moving statistic of a batch norm.

    Args:
      variable: its full name.

    Returns:
      Whether the name ends in `/moving_mean` or `/moving_variance`.
    """
    return _STATISTICS.search(variable) is not None


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
    return spec.options == plain.options and all(
        getattr(spec, key) == getattr(plain, key) for key in _OF_LAYERS
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
    return int(tables.read(tables.GRAPHS)[network]["macs"])


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


def shaping_options(network: str) -> tuple[str, ...]:
    """The names of options that change shapes of a network's variables in front of the logits.

    Args:
      network: registered name.
    """
    spec = get(network)
    head = re.compile(spec.head)
    kernels = [
        s for n, s in variables(network).items() if n.endswith("weights") and not head.search(n)
    ]
    has_full_layers = not spec.size_can_be_free and any(len(shape) == 2 for shape in kernels)
    multiplier = ("depth_multiplier",) if spec.depth_rule else ()
    return (*multiplier, "feature_depth", *(("image_size",) if has_full_layers else ()))
