"""Which registered network a set of named shapes belongs to."""

from __future__ import annotations

import dataclasses
import re

from slimhub.nets.catalogue import stored
from slimhub.nets.registry import get, names


@dataclasses.dataclass(frozen=True)
class Fit:
    """How well tensors fit one network.

    Attributes:
      network: registered name.
      matching: variables without the head that are there in the right shape.
      named: variables without the head that are there by name, in whatever shape.
      wanted: variables without the head that the network has.
      num_classes: width of the logits that are there, None without logits.
    """

    network: str
    matching: int
    named: int
    wanted: int
    num_classes: int | None

    @property
    def is_whole(self) -> bool:
        """Whether everything but the head fits."""
        return self.matching == self.wanted

    def __str__(self) -> str:
        if not self.is_whole and self.named == self.wanted:
            return (
                f"{self.network} comes closest: all its {self.wanted} variables are there by name, "
                f"{self.matching} of them in its shape; perhaps with another depth multiplier"
            )
        if not self.is_whole:
            return (
                f"{self.network} comes closest: {self.matching} of its {self.wanted} variables fit"
            )
        if self.num_classes is None:
            return f"{self.network}, without logits"
        return f"{self.network}, with {self.num_classes} classes"


def find(shapes: stored.Shapes) -> list[Fit]:
    """The networks whose variables, all but the logits', are among the shapes.

    Args:
      shapes: tensor shapes by name.

    Returns:
      All whole fits; where there is none, the one network that comes closest by the names of its
      variables and then by their shapes, if most of its names are there.
    """
    fits = [_fit(name, shapes) for name in names()]
    whole = [fit for fit in fits if fit.is_whole]
    if whole:
        return whole
    known = {name for network in names() for name in stored.variables(network)}
    there = len(known & set(shapes))

    def closeness(fit: Fit) -> tuple[float, float]:
        # Common names among all names on either side; those of the logits are known, too.
        total = fit.wanted + there - fit.named
        return fit.named / total, fit.matching / fit.wanted

    closest = max(fits, key=closeness)
    return [closest] if 2 * closest.named > closest.wanted else []


def find_named(shapes: stored.Shapes) -> list[Fit]:
    """The networks of which all variables but the logits' are there, of whatever shape.

    Args:
      shapes: tensor shapes by name.

    Returns:
      Of all such networks those with the most variables: the names of one may be part of another's.
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
    """The width on which all variables of the logits agree that are there."""
    head = [name for name in table if name not in body and name in shapes]
    widths = {shapes[name][-1] for name in head if len(shapes[name]) == len(table[name])}
    return widths.pop() if len(widths) == 1 else None
