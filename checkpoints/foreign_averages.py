"""Moving averages whose names have another form than `X/ExponentialMovingAverage`.

Known forms: a number at the end, which a second graph in one process adds, and extra scopes in
front of the average only, as `tf.train.ExponentialMovingAverage` adds inside a scope.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from slimhub.checkpoints import names

_AVERAGE = re.compile(rf"^(?P<base>.+){names.SHADOW}(?P<number>_\d+)?$")


def find(tensors: Mapping[str, tuple[int, ...]]) -> dict[str, str]:
    """Maps averages in another form to the names they would have in the usual form.

    An average in the usual form takes precedence over others of the same variable, which keep their
    names.

    Args:
      tensors: shapes of all tensors, by name; an average whose shape differs from its variable's
        belongs to another network.
    """
    found: dict[str, str] = {}
    for name in sorted(tensors):
        match = _AVERAGE.match(name)
        if match is None:
            continue
        variable = _variable(match["base"], tensors)
        if variable is None and match["number"]:
            variable = match["base"]  # its raw value was not saved
        if variable is None or tensors.get(variable, tensors[name]) != tensors[name]:
            continue
        if variable + names.SHADOW not in tensors:
            found.setdefault(variable + names.SHADOW, name)
    return found


def _variable(base: str, tensors: Collection[str]) -> str | None:
    """The variable that an average belongs to: its whole name, or the longest suffix of it."""
    parts = base.split("/")
    ends = ("/".join(parts[i:]) for i in range(len(parts)))
    return next((end for end in ends if end in tensors), None)
