"""Layers of a checkpoint that the network does not have: exporting without them is wrong."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from slimhub.common.errors import RequestError, option
from slimhub.common.text import listed

_SHOWN = 4  # names a message lists
_NUMBER = re.compile(r"_\d+$")
_AVERAGE = re.compile(r"/ExponentialMovingAverage(_\d+)?$")


def find(names: Iterable[str], wanted: Iterable[str], scope: str) -> tuple[str, ...]:
    """Those names that are part of the network's layers, but of no variable that it has.

    A network without a scope has layers side by side with other people's towers: there, a name is
    the network's where its first part is one of the network's own, whatever the number at its end
    (`cell_18` where the network has `cell_0` to `cell_17`).

    Args:
      names: of tensors that fill no variable, and are not known to be harmless.
      wanted: names of all variables of the network.
      scope: of the network, may be empty.
    """
    known = set(wanted)
    roots = {_root(name) for name in known}

    def is_inside(name: str) -> bool:
        return name.startswith(f"{scope}/") if scope else "/" in name and _root(name) in roots

    return tuple(n for n in names if is_inside(n) and _AVERAGE.sub("", n) not in known)


def _root(name: str) -> str:
    return _NUMBER.sub("", name.split("/")[0])


def parse_pattern(pattern: str | None) -> re.Pattern[str] | None:
    """The pattern of names that are left over at the owner's risk.

    Raises:
      RequestError: for what is not a regular expression.
    """
    if pattern is None:
        return None
    if not pattern:
        raise RequestError(f"{option('ignore_leftover')} is empty: give a pattern, or leave it out")
    try:
        return re.compile(pattern)
    except re.error as error:
        raise RequestError(
            f"{option('ignore_leftover')} is not a regular expression: {pattern!r}, {error}"
        ) from error


def complaint(names: Sequence[str], wanted: Iterable[str], label: str) -> str:
    """Why a checkpoint is refused, and what to do.

    Args:
      names: as `find` gives them.
      wanted: names of all variables of the network.
      label: of the checkpoint.
    """
    looks = "; ".join(_looks(names, set(wanted)))
    count = f"{len(names)} tensors" if len(names) > 1 else "a tensor"
    return (
        f"{label} has {count} under the network's scope that the network has no place for: "
        f"{listed(names, _SHOWN)}\n"
        f"What they look like: {looks}. Without them the export would compute something else than "
        "what was trained. Export the checkpoint as the network that it was trained as, which may "
        f"be a custom one, or give {option('ignore_leftover', 'PATTERN')}, a regular expression "
        "that matches these names, to leave them out at your own risk."
    )


def ignored(count: int, pattern: str) -> str:
    """What to say of layers that were left out because their owner said so."""
    return f"ignored at the owner's risk: {count} tensor{'s' * (count != 1)}, {pattern}"


def _looks(names: Sequence[str], wanted: set[str]) -> list[str]:
    """What tensors look like by their names, each kind once."""
    layers = {name.rpartition("/")[0] for name in wanted}
    found: dict[str, None] = {}
    for name in names:
        layer, _, leaf = _AVERAGE.sub("", name).rpartition("/")
        if leaf in ("gamma", "scale") and f"{layer}/moving_mean" in wanted:
            found[f"the batch norms of the checkpoint have a {leaf}, this network's have none"] = (
                None
            )
        elif leaf in ("biases", "bias") and layer in layers:
            found["layers of the checkpoint have biases, this network's have none"] = None
        elif leaf == "mask" and layer in layers:
            found["masks of pruning that fit no weights of this network"] = None
        else:
            found["layers that the network does not have"] = None
    return list(found)
