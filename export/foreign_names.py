"""Where the names of a checkpoint's tensors come from, if not from a registered network."""

from __future__ import annotations

from collections import Counter

from slimhub import nets
from slimhub.common.errors import option
from slimhub.nets.catalogue.stored import Shapes

_MOST_SCOPES = 8  # with the most names of networks; more are looked at in vain
_OLD_INCEPTION = "mixed_35x35x256a/"  # a scope of `models/inception`, which no network here has


def explain(shapes: Shapes) -> str:
    """A sentence or two on a checkpoint of which few or no names are those of a network.

    Args:
      shapes: of its tensors, by name.
    """
    for prefix, fits in find_scopes(shapes).items():
        return (
            f"Below the prefix {prefix} its variables are those of {fits[0]}: give "
            f"{option('scope', prefix)}."
        )
    if part := find_part(shapes):
        return f"Below the prefix {part[0]} {part[1]}: give {option('scope', part[0])}."
    if any(_OLD_INCEPTION in name for name in shapes):
        return (
            "Its names are those of the code in `models/inception` of 2016, from before TF-Slim's "
            "Inception V3, which has other variables: describe its network with a builder of your "
            "own, see the README."
        )
    known = {name for network in nets.names() for name in nets.stored_variables(network)}
    if known.isdisjoint(shapes):
        return "None of its tensors has the name of a variable of one: is it of TF-Slim?"
    return (
        "Of no network are most variables there: it is a part of one, or a network that is not "
        "registered, which a builder of your own can describe, see the README."
    )


def find_scopes(shapes: Shapes) -> dict[str, list[nets.Fit]]:
    """The prefixes below which a network is whole, with a slash at their ends, and what fits there.

    Args:
      shapes: of all tensors, by name.
    """
    whole = {
        prefix: [fit for fit in fits if fit.is_whole] for prefix, fits in _by_prefix(shapes).items()
    }
    return {prefix: fits for prefix, fits in whole.items() if fits}


def find_part(shapes: Shapes) -> tuple[str, nets.Fit] | None:
    """The prefix below which most of a network is, as of the backbone of a detector; None for none.

    Args:
      shapes: of all tensors, by name.
    """
    parts = ((prefix, fits[0]) for prefix, fits in _by_prefix(shapes).items() if fits)
    return next(parts, None)


def _by_prefix(shapes: Shapes) -> dict[str, list[nets.Fit]]:
    """What fits whole or comes closest below each prefix, those with the most names first."""
    known = {name for network in nets.names() for name in nets.stored_variables(network)}
    prefixes: Counter[str] = Counter()
    for name in shapes:
        parts = name.split("/")
        for depth in range(1, len(parts)):
            if "/".join(parts[depth:]) in known:
                prefixes["/".join(parts[:depth]) + "/"] += 1
    found = {}
    for prefix, _ in prefixes.most_common(_MOST_SCOPES):
        inside = {n.removeprefix(prefix): s for n, s in shapes.items() if n.startswith(prefix)}
        found[prefix] = nets.find_fits(inside)
    return found
