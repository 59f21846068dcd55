"""The layers that a network can end with in place of its own last one."""

from __future__ import annotations

import difflib

from slimhub.common.errors import NetworkError, option
from slimhub.common.text import listed
from slimhub.nets.catalogue import tables

_SHOWN = 3  # endpoints that were perhaps meant

_FIRST_STRIDE = 2  # of all networks with dilated layers


def stride_of(network: str, endpoint: str) -> int:
    """Pixels of the image for one of an endpoint, in a network that can be dilated.

    Args:
      network: registered name.
      endpoint: one that `width_of` accepts.
    """
    shapes = tables.endpoint_shapes(network)
    largest = max(shape[0] for shape in shapes.values() if len(shape) == 3)
    return _FIRST_STRIDE * largest // shapes[endpoint][0]


def width_of(network: str, endpoint: str, feature_endpoint: str) -> int:
    """The channels of an endpoint that a registered network can end with, at its own widths.

    Args:
      network: registered name.
      endpoint: a map before the features, and not a step inside a layer: steps behind it in the
        same layer would be built as well.
      feature_endpoint: of the network.

    Raises:
      NetworkError: if the network cannot end there.
    """
    shapes = tables.endpoint_shapes(network)
    names = list(shapes)
    before = names[: names.index(feature_endpoint)]
    possible = [n for n in before if len(shapes[n]) == 3 and n.rpartition("/")[0] not in shapes]
    if endpoint in possible:
        return shapes[endpoint][-1]
    outer = endpoint.rpartition("/")[0]
    near = [outer] if outer in possible else difflib.get_close_matches(endpoint, possible, _SHOWN)
    near = near or possible[-_SHOWN:]
    raise NetworkError(
        f"{network} cannot end with {option('last_layer', endpoint)}: it must be an endpoint "
        f"that is a map and not a step inside a layer, such as {listed(near, _SHOWN)}; "
        f"`slimhub describe {network}` lists them without the scope in front"
    )
