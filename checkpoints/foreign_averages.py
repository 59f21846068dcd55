"""Moving averages under names of another form than `X/ExponentialMovingAverage`.

Seen are a number at the end, which a second graph gives in one process, and scopes in front of
the average alone, as of `tf.train.ExponentialMovingAverage` inside of a scope.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from slimhub.checkpoints import names

_AVERAGE = re.compile(rf"^(?P<base>.+){names.SHADOW}(?P<number>_\d+)?$")


def find(tensors: Mapping[str, tuple[int, ...]]) -> dict[str, str]:
    """Names of averages by the names that they would have in the usual form.

    An average in the usual form goes before others of the same variable, which stay as they are.

    Args:
      tensors: shapes of all tensors, by name; one of another shape than the variable is that of
        another network.
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
    """The variable that an average is of: by its whole name, or by the longest end of it."""
    parts = base.split("/")
    ends = ("/".join(parts[i:]) for i in range(len(parts)))
    return next((end for end in ends if end in tensors), None)
