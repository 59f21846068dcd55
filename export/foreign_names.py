"""Where the names of a checkpoint's tensors come from, if not from a registered network."""

from __future__ import annotations

from collections import Counter

from slimhub import nets
from slimhub.nets.catalogue.stored import Shapes

_OLD_INCEPTION = "mixed_35x35x256a/"  # a scope of `models/inception`, which no network here has


def explain(shapes: Shapes) -> str:
    """A sentence or two on a checkpoint of which few or no names are those of a network.

    Args:
      shapes: of its tensors, by name.
    """
    prefix, fits = _below_a_prefix(shapes)
    if fits:
        return (
            f"Below the prefix {prefix} its variables are those of {fits[0]}: save them under the "
            "names without it, with TensorFlow 1's Saver and a map of names, and export that."
        )
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


def _below_a_prefix(shapes: Shapes) -> tuple[str, list[nets.Fit]]:
    """The prefix below which most tensors have names of networks, and what fits whole there."""
    scopes = {nets.get(network).scope for network in nets.names()} - {""}
    prefixes: Counter[str] = Counter()
    for name in shapes:
        parts = name.split("/")
        depth = next((i for i, part in enumerate(parts) if part in scopes), 0)
        if depth:
            prefixes["/".join(parts[:depth]) + "/"] += 1
    if not prefixes:
        return "", []
    (prefix, _), *_ = prefixes.most_common(1)
    inside = {n.removeprefix(prefix): s for n, s in shapes.items() if n.startswith(prefix)}
    return prefix, [fit for fit in nets.find_fits(inside) if fit.is_whole]
