"""Finds the registered network that a set of named shapes belongs to."""

from __future__ import annotations

import dataclasses
import re

from slimhub.common.text import count
from slimhub.nets.catalogue import stored
from slimhub.nets.registry import get, names


@dataclasses.dataclass(frozen=True)
class Fit:
    """How well tensors match one network.

    Attributes:
      network: registered name.
      matching: number of variables, except the head, that are there with the right shape.
      named: number of variables, except the head, that are there by name, with any shape.
      wanted: number of variables of the network, except the head.
      num_classes: width of the logits, None if there are none.
    """

    network: str
    matching: int
    named: int
    wanted: int
    num_classes: int | None

    @property
    def is_whole(self) -> bool:
        """Whether everything except the head matches."""
        return self.matching == self.wanted

    def __str__(self) -> str:
        if not self.is_whole and self.named == self.wanted:
            return (
                f"{self.network} is the closest match: all its {self.wanted} variables are "
                f"there by name, {self.matching} of them with the same shape; perhaps the depth "
                "multiplier differs"
            )
        if not self.is_whole:
            return (
                f"{self.network} is the closest match: {self.matching} of its {self.wanted} "
                "variables match"
            )
        if self.num_classes is None:
            return f"{self.network}, without logits"
        return f"{self.network}, with {count(self.num_classes, 'class', 'classes')}"


def find(shapes: stored.Shapes) -> list[Fit]:
    """Finds the networks whose variables, except the logits, are all among the shapes.

    Args:
      shapes: tensor shapes by name.

    Returns:
      All complete matches. If there are none, the one network that comes closest by the names of
      its variables, then by their shapes, provided that most of its names are there.
    """
    fits = [_fit(name, shapes) for name in names()]
    whole = [fit for fit in fits if fit.is_whole]
    if whole:
        return whole
    known = {name for network in names() for name in stored.variables(network)}
    there = len(known & set(shapes))

    def closeness(fit: Fit) -> tuple[float, float]:
        # Names in common, divided by all names on either side; those of the logits are known, too.
        total = fit.wanted + there - fit.named
        return fit.named / total, fit.matching / fit.wanted

    closest = max(fits, key=closeness)
    return [closest] if 2 * closest.named > closest.wanted else []


def find_named(shapes: stored.Shapes) -> list[Fit]:
    """Finds the networks whose variables, except the logits, are all there, with any shape.

    Args:
      shapes: tensor shapes by name.

    Returns:
      Of these, the networks with the most variables: the names of one may be a subset of another's.
    """
    named = [fit for fit in (_fit(name, shapes) for name in names()) if fit.named == fit.wanted]
    most = max((fit.wanted for fit in named), default=0)
    return [fit for fit in named if fit.wanted == most]


def _fit(network: str, shapes: stored.Shapes) -> Fit:
    head = re.compile(get(network).head)
    table = stored.variables(network)
    body = {name: shape for name, shape in table.items() if not head.search(name)}
    matching = sum(shapes.get(name) == shape for name, shape in body.items())
    named = sum(name in shapes for name in body)
    return Fit(network, matching, named, len(body), _classes(table, body, shapes))


def _classes(table: stored.Shapes, body: stored.Shapes, shapes: stored.Shapes) -> int | None:
    """The width that all existing variables of the logits agree on."""
    head = [name for name in table if name not in body and name in shapes]
    widths = {shapes[name][-1] for name in head if len(shapes[name]) == len(table[name])}
    return widths.pop() if len(widths) == 1 else None
