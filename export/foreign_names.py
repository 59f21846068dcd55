"""Explains where a checkpoint's tensor names come from if not from a registered network."""

from __future__ import annotations

from collections import Counter

from slimhub import nets
from slimhub.common.errors import option
from slimhub.nets.catalogue.stored import Shapes

_MOST_SCOPES = 8  # scopes with the most network names; looking at more is pointless
_OLD_INCEPTION = "mixed_35x35x256a/"  # a scope of `models/inception`, which no network here has


def explain(shapes: Shapes) -> str:
    """One or two sentences on a checkpoint with few or no names of any network.

    Args:
      shapes: of its tensors, by name.
    """
    for prefix, fits in find_scopes(shapes).items():
        return (
            f"In the scope {prefix}, its variables are those of {fits[0]}: pass "
            f"{option('scope', prefix)}."
        )
    if part := find_part(shapes):
        return f"In the scope {part[0]}, {part[1]}: pass {option('scope', part[0])}."
    if any(_OLD_INCEPTION in name for name in shapes):
        return (
            "Its names are those of the 2016 code in `models/inception`, which predates "
            "TF-Slim's Inception V3 and has other variables: describe its network with your "
            "own builder, see docs/custom_networks.md."
        )
    known = {name for network in nets.names() for name in nets.stored_variables(network)}
    if known.isdisjoint(shapes):
        return "None of its tensors is named like a variable of one: was it made with TF-Slim?"
    return (
        "No network has most of its variables there: it is part of a network, or a network "
        "that is not registered. You can describe it with your own builder: see "
        "docs/custom_networks.md."
    )


def find_scopes(shapes: Shapes) -> dict[str, list[nets.Fit]]:
    """The prefixes with a complete network below, with a trailing slash, and what fits there.

    Args:
      shapes: of all tensors, by name.
    """
    whole = {
        prefix: [fit for fit in fits if fit.is_whole] for prefix, fits in _by_prefix(shapes).items()
    }
    return {prefix: fits for prefix, fits in whole.items() if fits}


def find_part(shapes: Shapes) -> tuple[str, nets.Fit] | None:
    """The prefix with most of a network below, such as the backbone of a detector, or None.

    Args:
      shapes: of all tensors, by name.
    """
    parts = ((prefix, fits[0]) for prefix, fits in _by_prefix(shapes).items() if fits)
    return next(parts, None)


def _by_prefix(shapes: Shapes) -> dict[str, list[nets.Fit]]:
    """Complete or closest matches below each prefix, those with the most names first."""
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
