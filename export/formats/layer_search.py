"""Searches for the fewest layers that have to stay in float."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Sequence
from typing import Protocol

_RETRIES = 32  # layers in float that are tried in integers again, the least sensitive first
_LONGEST = 300  # characters of what a library says


class CandidateScale(Protocol):
    """What candidates are measured with."""

    def accepts(self, content: bytes) -> bool:
        """Whether a candidate is above the floor."""

    def loss(self, content: bytes) -> float:
        """How much a candidate loses, in [0, 2]."""


@dataclasses.dataclass(frozen=True)
class LayerLosses:
    """What layers cost that are quantized alone.

    Attributes:
      measured: 1 - cosine, by layer.
      failures: what a library says about those that it cannot quantize, by layer, in the order in
        which they were tried.
    """

    measured: dict[str, float] = dataclasses.field(default_factory=dict)
    failures: dict[str, str] = dataclasses.field(default_factory=dict)

    def rank(self, name: str) -> float:
        """By which layers are sorted: what cannot be quantized costs most."""
        return self.measured.get(name, math.inf)


@dataclasses.dataclass(frozen=True)
class LayerChoice:
    """Layers by name.

    Attributes:
      quantized: in integers.
      floats: in float, the most sensitive first.
      losses: of each layer alone; empty if it was not needed.
    """

    quantized: list[str]
    floats: list[str]
    losses: LayerLosses


class LayerSearch:
    """Finds the fewest layers that have to stay in float."""

    def __init__(
        self,
        scale: CandidateScale,
        make: Callable[[Sequence[str]], bytes],
        losses: LayerLosses,
    ) -> None:
        """Starts nothing.

        Args:
          scale: for candidates.
          make: makes a candidate in which the named layers are quantized.
          losses: of layers alone, as far as they are known; others are added when they are needed.
        """
        self._scale, self._make, self._losses = scale, make, losses

    def chosen(
        self, names: list[str], make_alone: Callable[[str], bytes] | None = None
    ) -> LayerChoice:
        """Ranks the layers by what each costs alone, and leaves the first ones in float.

        Args:
          names: of all layers.
          make_alone: a candidate in which one layer alone is quantized.
        """
        if self._accepts(names):
            return LayerChoice(names, [], LayerLosses())
        alone = make_alone or (lambda name: self._make([name]))
        losses = self._losses
        for name in names:
            if name not in losses.measured and name not in losses.failures:
                self._measure(alone, name)
        ranking = sorted(names, key=losses.rank, reverse=True)
        low, high = 0, len(ranking)  # in float: too few, enough
        while high - low > 1:
            middle = (low + high) // 2
            if self._accepts(ranking[middle:]):
                high = middle
            else:
                low = middle
        floats, quantized = ranking[:high], ranking[high:]
        for name in floats[::-1][:_RETRIES]:  # some cost much alone, and little with others
            if name not in losses.failures and self._accepts([*quantized, name]):
                quantized.append(name)
        return LayerChoice(quantized, [name for name in floats if name not in quantized], losses)

    def _accepts(self, names: Sequence[str]) -> bool:
        try:
            return self._scale.accepts(self._make(names))
        except Exception:  # whatever a quantizer or runtime raises that cannot combine them
            return False

    def _measure(self, make: Callable[[str], bytes], name: str) -> None:
        try:
            self._losses.measured[name] = self._scale.loss(make(name))
        except Exception as error:
            said = (str(error).strip() or type(error).__name__).splitlines()[0]
            self._losses.failures[name] = said[:_LONGEST]
