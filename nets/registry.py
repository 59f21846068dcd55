"""The list of networks that can be rebuilt."""

from __future__ import annotations

import difflib
import fnmatch

from slimhub.common.errors import NetworkError
from slimhub.common.text import either, listed
from slimhub.nets import custom
from slimhub.nets.families import (
    alexnet,
    cifarnet,
    facenet,
    inception,
    lenet,
    mobilenet_v1,
    mobilenet_v2,
    mobilenet_v3,
    nasnet,
    overfeat,
    resnet,
    vgg,
    xception,
)
from slimhub.nets.spec import NetworkSpec

_MOST_SHOWN = 8  # names listed in a message
_FEW_SHOWN = 3  # of those that were perhaps meant
_FAMILIES = (
    mobilenet_v3,
    mobilenet_v2,
    mobilenet_v1,
    inception,
    facenet,
    resnet,
    vgg,
    nasnet,
    xception,
    alexnet,
    overfeat,
    cifarnet,
    lenet,
)
_SPECS: dict[str, NetworkSpec] = {spec.name: spec for family in _FAMILIES for spec in family.SPECS}


def names(pattern: str = "*") -> list[str]:
    """Lists registered networks, in the order of `slimhub list`.

    Args:
      pattern: what the whole name must match, with `*`, `?` and `[...]`.

    Returns:
      Names; empty if none matches.
    """
    return [name for name in _SPECS if fnmatch.fnmatchcase(name, pattern)]


def get(name: str) -> NetworkSpec:
    """Looks up a network by its hub name, or by where a user defined it.

    Args:
      name: a registered name, or `package.module:NAME` of a NetworkSpec.

    Returns:
      The spec, with the options that the network is registered with.

    Raises:
      NetworkError: if no network has that name; the message lists the nearest ones.
    """
    if custom.is_reference(name):
        return custom.load(name)
    if name in _SPECS:
        return _SPECS[name]
    if beginning := [known for known in _SPECS if known.startswith(name)]:
        shown = listed(beginning, _MOST_SHOWN)
        raise NetworkError(f"unknown network {name!r}; names that start with it: {shown}")
    if containing := [known for known in _SPECS if name and name in known]:
        shown = listed(containing, _MOST_SHOWN)
        raise NetworkError(f"unknown network {name!r}; names that contain it: {shown}")
    raise NetworkError(f"unknown network {name!r}: {suggest(name)}")


def suggest(name: str) -> str:
    """Suggests networks for a name or pattern that matches none, as the end of a sentence.

    Args:
      name: given by a user.

    Returns:
      A question that names similar networks, or how to list all of them.
    """
    prefixes = {"_".join(n.split("_")[:i]) for n in _SPECS for i in range(1, n.count("_") + 1)}
    best = difflib.get_close_matches(name, [*_SPECS, *sorted(prefixes)], n=1, cutoff=0.8)
    if best and best[0] in prefixes:
        beginning = [known for known in _SPECS if known.startswith(best[0])]
        return f"did you mean {best[0]}, as in {listed(beginning, _FEW_SHOWN)}?"
    near = difflib.get_close_matches(name, _SPECS, n=_FEW_SHOWN, cutoff=0.6)
    return f"did you mean {either(near)}?" if near else "run `slimhub list` to see all names"
