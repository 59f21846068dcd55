"""Finds the layer at which the backbone in a checkpoint ends."""

from __future__ import annotations

import re

from slimhub import nets
from slimhub.common.errors import NetworkError
from slimhub.nets.catalogue.stored import Shapes
from slimhub.nets.options import NetworkOptions

_LEAST = 0.25  # of a network's variables: with fewer, others may begin the same way


def find(shapes: Shapes, given: str | None) -> tuple[list[nets.Fit], NetworkOptions] | None:
    """Networks that a checkpoint holds up to a layer, and nothing of behind it.

    Args:
      shapes: of a checkpoint's tensors, by name.
      given: the last layer that was asked for, or None.

    Returns:
      The networks, which differ at most in their image size, and the option; None if there are
      none, or networks with other layers begin the same way. Imports TensorFlow if a checkpoint
      holds the first layers of a network.
    """
    begun = [fit for fit in map(lambda name: _beginning(name, shapes), nets.names()) if fit]
    most = max((fit.matching for fit in begun), default=0)
    fits = [fit for fit in begun if fit.matching == most]
    if not fits or any(_body(fit.network) != _body(fits[0].network) for fit in fits):
        return None
    last = _last_layer(fits[0].network, set(shapes) & set(_body(fits[0].network)))
    if last is None or given not in (None, last):
        return None
    return fits, NetworkOptions(last_layer=last)


def _body(network: str) -> Shapes:
    """Shapes of all variables but those of the logits, in graph order."""
    head = re.compile(nets.get(network).head)
    return {n: s for n, s in nets.stored_variables(network).items() if not head.search(n)}


def _beginning(network: str, shapes: Shapes) -> nets.Fit | None:
    """How much of a network is there, if that is its beginning and nothing else."""
    wanted = _body(network)
    there = [name for name in wanted if name in shapes]
    is_beginning = there == list(wanted)[: len(there)]
    if not is_beginning or not _LEAST * len(wanted) <= len(there) < len(wanted):
        return None
    if any(tuple(shapes[name]) != wanted[name] for name in there):
        return None
    return nets.Fit(network, len(there), len(there), len(wanted), None)


def _last_layer(network: str, there: set[str]) -> str | None:
    """The endpoint that needs all these variables and no others.

    Of several, such as a pooling behind a layer, it is the first; of several names of that, the
    last and shortest.
    """
    from slimhub.export.verify.reference import source_network  # imports TensorFlow

    found: dict[str, list[str]] = {}
    for endpoint, (tensor, variables) in source_network.variables_by_endpoint(network).items():
        if variables == there and _is_possible(network, endpoint):
            found.setdefault(tensor, []).append(endpoint)
    return next(iter(found.values()))[-1] if found else None


def _is_possible(network: str, endpoint: str) -> bool:
    try:
        nets.get(network).customized(last_layer=endpoint)
    except NetworkError:  # a step inside a layer, or no map
        return False
    return True
