"""Layers of a checkpoint that the network does not have; an export without them is wrong."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from slimhub.common.errors import RequestError, option
from slimhub.common.text import count, listed

_SHOWN = 4  # names listed in a message
_NUMBER = re.compile(r"_\d+$")
_AVERAGE = re.compile(r"/ExponentialMovingAverage(_\d+)?$")


def find(names: Iterable[str], wanted: Iterable[str], scope: str) -> tuple[str, ...]:
    """The names that belong to the network's layers, but to none of its variables.

    A network without a scope shares the top level with layers of other people's networks. There, a
    name belongs to the network if its first part is one of the network's own, whatever number it
    ends in (`cell_18` if the network has `cell_0` to `cell_17`).

    Args:
      names: of tensors that no variable uses, and that are not known to be harmless.
      wanted: names of all variables of the network.
      scope: of the network; may be empty.
    """
    known = set(wanted)
    roots = {_root(name) for name in known}

    def is_inside(name: str) -> bool:
        return name.startswith(f"{scope}/") if scope else "/" in name and _root(name) in roots

    return tuple(n for n in names if is_inside(n) and _AVERAGE.sub("", n) not in known)


def _root(name: str) -> str:
    return _NUMBER.sub("", name.split("/")[0])


def parse_pattern(pattern: str | None) -> re.Pattern[str] | None:
    """Compiles the pattern of names that may be left over at the owner's risk.

    Args:
      pattern: a regular expression, searched for in names; None for no pattern.

    Returns:
      The compiled pattern, or None.

    Raises:
      RequestError: if it is not a regular expression.
    """
    if pattern is None:
        return None
    if not pattern:
        raise RequestError(f"{option('ignore_leftover')} is empty: pass a pattern, or leave it out")
    try:
        return re.compile(pattern)
    except re.error as error:
        raise RequestError(
            f"{option('ignore_leftover')} is not a regular expression: {pattern!r}, {error}"
        ) from error


def complaint(names: Sequence[str], wanted: Iterable[str], label: str) -> str:
    """Explains why a checkpoint is refused, and what to do.

    Args:
      names: from `find`.
      wanted: names of all variables of the network.
      label: of the checkpoint.
    """
    looks = "; ".join(_looks(names, set(wanted)))
    return (
        f"{label} has {count(len(names), 'tensor')} in the network's scope that the network "
        f"does not have: {listed(names, _SHOWN)}\n"
        f"These look like: {looks}. Without them, the export would not compute what was "
        "trained. Export the checkpoint as the network it was trained as (possibly a custom "
        f"one), or pass {option('ignore_leftover', 'PATTERN')}, a regular expression that "
        "matches these names, to leave them out at your own risk."
    )


def ignored(number: int, pattern: str) -> str:
    """The note on layers that were left out at the user's own risk."""
    return f"ignored at your own risk: {count(number, 'tensor')}, {pattern}"


def _looks(names: Sequence[str], wanted: set[str]) -> list[str]:
    """What the tensors look like, judging by their names; each kind once."""
    layers = {name.rpartition("/")[0] for name in wanted}
    found: dict[str, None] = {}
    for name in names:
        layer, _, leaf = _AVERAGE.sub("", name).rpartition("/")
        if leaf in ("gamma", "scale") and f"{layer}/moving_mean" in wanted:
            found[
                f"batch norms of the checkpoint have a {leaf}, but those of this network do not"
            ] = None
        elif leaf in ("biases", "bias") and layer in layers:
            found["layers of the checkpoint have biases, but those of this network do not"] = None
        elif leaf == "mask" and layer in layers:
            found["pruning masks that do not match any weights of this network"] = None
        else:
            found["layers that the network does not have"] = None
    return list(found)
