"""Which registered network a set of named shapes belongs to."""

from __future__ import annotations

import dataclasses
import re

from nets import stored
from nets.registry import get, names


@dataclasses.dataclass(frozen=True)
class Fit:
    """How well tensors fit one network.

    Attributes:
      network: registered name.
      matching: variables without the head that are there in the right shape.
      wanted: variables without the head that the network has.
      num_classes: width of the logits that are there, None without logits.
    """

    network: str
    matching: int
    wanted: int
    num_classes: int | None

    @property
    def is_whole(self) -> bool:
        """Whether everything but the head fits."""
        return self.matching == self.wanted

    def __str__(self) -> str:
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
      All whole fits; where there is none, the one network that comes closest, if any of its
      variables fits at all.
    """
    fits = [_fit(name, shapes) for name in names()]
    whole = [fit for fit in fits if fit.is_whole]
    if whole:
        return whole
    closest = max(fits, key=lambda fit: fit.matching / fit.wanted)
    return [closest] if closest.matching else []


def _fit(network: str, shapes: stored.Shapes) -> Fit:
    head = re.compile(get(network).head)
    table = stored.variables(network)
    body = {name: shape for name, shape in table.items() if not head.search(name)}
    matching = sum(shapes.get(name) == shape for name, shape in body.items())
    logits = [shapes[name] for name in table if name not in body and name in shapes]
    return Fit(network, matching, len(body), logits[0][-1] if logits else None)
