"""Variables of the registered networks, stored so that looking them up builds no graph.

`scripts/store_variables.py` writes the data; a test compares it with the built networks.
"""

from __future__ import annotations

import functools
import gzip
import json
import math
import re
from collections.abc import Mapping
from importlib import resources

from nets.registry import get

DATA = "data/variables.json.gz"  # {network: {variable: shape}}, default options, with logits
_STATISTICS = re.compile(r"/moving_(mean|variance)$")

Shapes = Mapping[str, tuple[int, ...]]


@functools.cache
def _tables() -> dict[str, dict[str, tuple[int, ...]]]:
    text = gzip.decompress(resources.files("nets").joinpath(DATA).read_bytes())
    return {
        network: {name: tuple(shape) for name, shape in table.items()}
        for network, table in json.loads(text).items()
    }


def variables(network: str) -> dict[str, tuple[int, ...]]:
    """Shapes by name of all variables of a registered network, its logits among them.

    Raises:
      KeyError: for a network without stored variables.
    """
    return dict(_tables()[network])


def count_parameters(network: str) -> dict[str, int]:
    """Counts single numbers: `trainable`, `headless` (trainable, no logits) and `statistics`."""
    head = re.compile(get(network).head)
    counts = {"trainable": 0, "headless": 0, "statistics": 0}
    for name, shape in variables(network).items():
        size = math.prod(shape)
        if _STATISTICS.search(name):
            counts["statistics"] += size
            continue
        counts["trainable"] += size
        if not head.search(name):
            counts["headless"] += size
    return counts
