"""Finds dropout in a graph, and what it would let through if it dropped nothing."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from slimhub.export.verify.original.graph_nodes import GraphNodes, node_of
from slimhub.export.verify.original.layer_surroundings import is_zero
from slimhub.export.verify.original.rates import Rates
from slimhub.export.verify.original.stateless_operations import RANDOM

_CHOICES = ("Select", "SelectV2")
_TRIALS = (0.9, 0.6, 0.35)  # of rates that the graph asks for
_TOLERANCE = 1e-4  # of the mean, which f32 rounds


def find(
    nodes: GraphNodes, images: Collection[str], reached: Collection[str]
) -> tuple[dict[str, str], set[str]]:
    """The last nodes of each dropout with the tensors that it drops values of, and what is random.

    Dropout is a product with, or a choice by, random numbers on one side of a threshold, and a
    division by the share that is kept, of either factor or of the product, so that the mean stays
    what it was. Whatever else is random (noise, masks that are not made up for) stays random.

    Args:
      nodes: of the graph, none of them bypassed.
      images: names of the nodes that images are made by, whose random changes are none of it.
      reached: names of the nodes that depend on the first layer, which dropout is applied to.

    Returns:
      The tensors by node name; then the nodes whose values change with every run, even without
      dropout.
    """
    dropout = _Dropout(nodes, reached)
    random: set[str] = set()
    found: dict[str, str] = {}
    for name in nodes.ancestors(nodes.by_name):  # each comes after those that feed it
        if name in images:
            continue
        is_random = any(node_of(tensor) in random for tensor in nodes.inputs(name))
        data = dropout.read(name, random) if is_random else None
        if data is not None:
            found[name] = data
        elif is_random or nodes.op(name) in RANDOM:
            random.add(name)
    return found, random | set(found)


class _Dropout:
    """Tells dropout from other random operations."""

    def __init__(self, nodes: GraphNodes, reached: Collection[str]) -> None:
        self._nodes, self._reached = nodes, reached
        self._rates = [Rates(nodes, trial) for trial in _TRIALS]
        # Products with masks that nothing has made up for so far: what they are applied to, and
        # the mean of the mask in each trial.
        self._waiting: dict[str, tuple[str, list[float]]] = {}

    def read(self, name: str, random: Collection[str]) -> str | None:
        """What a node lets through in part, None where it is no dropout, or not the end of it.

        Args:
          name: of the node.
          random: names of the nodes that are random, of those before it.
        """
        masked = self._masked(name)
        if masked is not None and self._is_data(masked[0], random):
            data, means = masked
            if (before := self._balanced(data, means)) is not None:
                return before
            self._waiting[name] = masked
        return self._made_up_for(name)

    def _is_data(self, tensor: str, random: Collection[str]) -> bool:
        return node_of(tensor) in self._reached and node_of(tensor) not in random

    def _masked(self, name: str) -> tuple[str, list[float]] | None:
        """What a node applies a random mask to, and the mean of the mask in each trial."""
        op, feeding = self._nodes.op(name), self._nodes.inputs(name)
        if op in _CHOICES and len(feeding) == 3:
            shares = [rates.condition(feeding[0]) for rates in self._rates]
            if is_zero(self._nodes, feeding[2]):
                return _known(feeding[1], shares)
            if is_zero(self._nodes, feeding[1]):
                return _known(feeding[2], [None if s is None else 1 - s for s in shares])
        if op == "Mul" and len(feeding) == 2:
            for data, mask in (feeding, feeding[::-1]):
                if node_of(data) in self._reached:
                    found = _known(data, [rates.mask(mask) for rates in self._rates])
                    if found is not None:
                        return found
        return None

    def _balanced(self, data: str, means: Sequence[float]) -> str | None:
        """What was divided by the mean of a mask before it; None where nothing was.

        Hard swish ends with a product by a number, too, which is none of dropout.
        """
        if _is_one(means):
            return data
        by_trial = [dict(rates.factors(node_of(data))) for rates in self._rates]
        for tensor in by_trial[0]:
            factors = [found[tensor] for found in by_trial if tensor in found]
            if _is_one([f * mean for f, mean in zip(factors, means, strict=False)]):
                return tensor
        return None

    def _made_up_for(self, name: str) -> str | None:
        """What was dropped before a node that divides by what is kept; None for all else."""
        by_trial = [dict(rates.factors(name)) for rates in self._rates]
        for tensor in by_trial[0]:
            if node_of(tensor) in self._waiting:
                data, means = self._waiting[node_of(tensor)]
                factors = [found[tensor] for found in by_trial if tensor in found]
                if _is_one([f * mean for f, mean in zip(factors, means, strict=False)]):
                    return data
        return None


def _known(data: str, means: Sequence[float | None]) -> tuple[str, list[float]] | None:
    known = [mean for mean in means if mean is not None]
    return (data, known) if len(known) == len(means) else None


def _is_one(products: Sequence[float]) -> bool:
    return len(products) == len(_TRIALS) and all(abs(p - 1) <= _TOLERANCE for p in products)
