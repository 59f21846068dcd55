"""What the search for layers in float needs of a format's quantizer."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Protocol


@dataclasses.dataclass(frozen=True)
class QuantizableLayer:
    """An operation of a file.

    Attributes:
      name: which identifies it.
      has_weights: whether it is a convolution or fully connected.
    """

    name: str
    has_weights: bool


class FileQuantizer(Protocol):
    """Makes candidates from one file in float."""

    @property
    def layers(self) -> Sequence[QuantizableLayer]:
        """The operations that may be stored in integers."""

    def calibrate(self) -> None:
        """Measures the ranges of all activations, once, before anything computes in integers.

        Raises:
          Exception: of the library, if it cannot.
        """

    def quantize(self, weights: Sequence[str], integers: Sequence[str]) -> bytes:
        """A candidate.

        Args:
          weights: names of operations that store their weights in integers, and compute in float.
          integers: names of operations that compute in integers, after `calibrate`; they may be in
            `weights`, too.

        Raises:
          Exception: of the library, if it cannot combine them.
        """
