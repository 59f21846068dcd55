"""The one list of networks that can be rebuilt."""

from __future__ import annotations

import difflib
import fnmatch

from slimhub.common.errors import NetworkError
from slimhub.nets import custom
from slimhub.nets.families import (
    inception,
    mobilenet_v1,
    mobilenet_v2,
    mobilenet_v3,
    nasnet,
    resnet,
    vgg,
)
from slimhub.nets.spec import NetworkSpec

_FAMILIES = (mobilenet_v3, mobilenet_v2, mobilenet_v1, inception, resnet, vgg, nasnet)
_SPECS: dict[str, NetworkSpec] = {spec.name: spec for family in _FAMILIES for spec in family.SPECS}


def names(pattern: str = "*") -> list[str]:
    """Names of the registered networks that match a pattern of `*`, `?` and `[...]`."""
    return [name for name in _SPECS if fnmatch.fnmatchcase(name, pattern)]


def get(name: str) -> NetworkSpec:
    """The spec of a network by its hub name, or by where a user defined it.

    Args:
      name: a registered name, or `package.module:NAME` of a NetworkSpec.

    Raises:
      NetworkError: where none has that name; the message lists the nearest ones.
    """
    if custom.is_reference(name):
        return custom.load(name)
    if name in _SPECS:
        return _SPECS[name]
    near = difflib.get_close_matches(name, _SPECS, n=3, cutoff=0.6)
    hint = f"did you mean {' or '.join(near)}?" if near else "`slimhub list` shows all names"
    raise NetworkError(f"no network is named {name!r}: {hint}")
