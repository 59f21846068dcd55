"""The epsilon of the batch norms in an original graph."""

from __future__ import annotations

import numpy as np

from slimhub import nets
from slimhub.common.errors import option
from slimhub.export.verify import graph_facts
from slimhub.export.verify.original import layer_surroundings
from slimhub.export.verify.original.original_network import OriginalNetwork
from slimhub.export.verify.original.refusal import NoSingleValueError


def common(original: OriginalNetwork) -> float | None:
    """What all batch norms before the last layer add to the variance; None if some do not show it.

    Args:
      original: the graph's network.

    Returns:
      The number with as few digits as it needs in float32.

    Raises:
      NoSingleValueError: if they differ.
    """
    ends = [layer.data for layer in original.layers.values()]
    ends += [original.head.data] if original.head else []
    before = original.nodes.ancestors(ends, original.feed.__eq__)
    found = layer_surroundings.epsilons(original.nodes, before)
    norms = [name for name in before if name in original.known and name.endswith("/beta")]
    values = {np.float32(value) for value in found}
    if len(values) > 1:
        raise NoSingleValueError("its batch norms have several epsilons")
    if not norms or len(found) < len(norms):
        return None
    return float(str(values.pop()))


def remedy(spec: nets.NetworkSpec, original: OriginalNetwork) -> str:
    """The option with which a network has the epsilon of a graph; empty for none.

    Args:
      spec: our network.
      original: the graph's.
    """
    try:
        found = common(original)
    except NoSingleValueError:
        return ""
    if found is None or graph_facts.is_epsilon_of(spec, found):
        return ""
    return f"; all its norms are those of {option('batch_norm_epsilon', found)}"
