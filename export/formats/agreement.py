"""How well a file agrees with its artifact, and how well it has to."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

# Of the largest magnitude. LiteRT and ONNX Runtime add in an order of their own: 2e-6 to 8e-6 were
# measured for the networks of the catalogue.
FLOAT32 = 2e-5


@dataclasses.dataclass(frozen=True)
class Agreement:
    """What was measured on some pictures.

    Attributes:
      pictures: how many.
      difference: the largest, relative to the largest expected magnitude.
      cosine: of the angle between answers, of the worst picture.
      top1: fraction of pictures whose largest logit is the same; None for features.
      length: how far the length of an answer is from the expected one, relative to that, of the
        worst picture: what a cosine does not see.
    """

    pictures: int
    difference: float
    cosine: float
    top1: float | None = None
    length: float = 0.0

    def text(self) -> str:
        """For people."""
        top1 = "" if self.top1 is None else f", top-1 agreement {self.top1:.1%}"
        return (
            f"cosine {self.cosine:.5f} at the worst of {self.pictures} pictures{top1}, length "
            f"{self.length:.2%} off at most, largest difference {self.difference:.2g} of the "
            "largest magnitude"
        )

    def to_json(self) -> dict[str, Any]:
        """As JSON data."""
        return dataclasses.asdict(self)

    def worst(self, other: Agreement) -> Agreement:
        """The worse of each number."""
        known = [value for value in (self.top1, other.top1) if value is not None]
        return Agreement(
            max(self.pictures, other.pictures),
            max(self.difference, other.difference),
            min(self.cosine, other.cosine),
            min(known, default=None),
            max(self.length, other.length),
        )


@dataclasses.dataclass(frozen=True)
class Floor:
    """What is accepted.

    Attributes:
      difference: the largest accepted, or None.
      cosine: the smallest accepted.
      top1: the smallest accepted fraction, for classification.
      length: the largest accepted deviation of an answer's length.
    """

    difference: float | None
    cosine: float
    top1: float
    length: float

    def complaints(self, found: Agreement) -> list[str]:
        """What falls below, one phrase each; NaN does."""
        said = []
        if self.difference is not None and not found.difference <= self.difference:
            said.append(
                f"the largest difference is {found.difference:.2g} of the largest magnitude, "
                f"above {self.difference:.2g}"
            )
        if not found.cosine >= self.cosine:
            said.append(f"the cosine is {found.cosine:.5f}, below {self.cosine:g}")
        if found.top1 is not None and not found.top1 >= self.top1:
            said.append(f"the top-1 agreement is {found.top1:.1%}, below {self.top1:.1%}")
        if not found.length <= self.length:
            said.append(
                f"answers are {found.length:.2%} longer or shorter, more than {self.length:.2%}"
            )
        return said

    def raised(self, margin: float) -> Floor:
        """A higher floor.

        Args:
          margin: the fraction of what this one leaves that is not to be used, in [0, 1].
        """
        return Floor(
            self.difference and self.difference * (1 - margin),
            self.cosine + margin * (1 - self.cosine),
            self.top1 and self.top1 + margin * (1 - self.top1),
            self.length * (1 - margin),
        )

    def lowered(self, accept: float | None) -> Floor:
        """The floor that a user chose, which may also be a higher one.

        Args:
          accept: the smallest cosine and top-1 agreement, or None; as much of an answer's length
            may be missing.
        """
        if accept is None:
            return self
        top1 = accept if self.top1 else 0.0
        return Floor(self.difference, accept, top1, max(self.length, 1 - accept))


FLOORS = {
    "none": Floor(FLOAT32, 0.99999, 0.0, 1e-4),  # labels of float32 may differ at ties alone
    "float16": Floor(None, 0.999, 0.0, 0.01),  # likewise
    "int8_weights": Floor(None, 0.98, 0.99, 0.1),
    "int8": Floor(None, 0.98, 0.99, 0.1),
}

# Of a file with trained ranges, from fake-quantized inference. Both round to 8 bits at the same
# places, but what is near the middle of two steps may fall to either: a cosine of 0.999 was
# measured for MobileNet V1 1.0 with ImageNet weights.
TRAINED = Floor(None, 0.99, 0.9, 0.05)


def measure(actual: np.ndarray, expected: np.ndarray, *, is_classification: bool) -> Agreement:
    """Compares answers.

    Args:
      actual: f32[pictures, width], of the file.
      expected: of the same shape, of the artifact.
      is_classification: whether they are logits.
    """
    if actual.shape != expected.shape:
        return Agreement(len(expected), np.inf, -1.0, 0.0 if is_classification else None, np.inf)
    a, b = actual.astype(np.float64), expected.astype(np.float64)
    largest = np.abs(b).max() or 1.0
    mine, wanted = np.linalg.norm(a, axis=-1), np.linalg.norm(b, axis=-1)
    lengths = mine * wanted
    same = np.all(a == b, axis=-1)
    cosines = np.where(same, 1.0, (a * b).sum(-1) / np.where(lengths > 0, lengths, np.inf))
    difference, cosine = float(np.abs(a - b).max() / largest), float(cosines.min())
    length = float((np.abs(mine - wanted) / np.where(wanted > 0, wanted, largest)).max())
    top1 = float((a.argmax(-1) == b.argmax(-1)).mean()) if is_classification else None
    if not np.isfinite(a).all():
        difference, cosine, length = np.inf, -1.0, np.inf
    return Agreement(len(expected), difference, cosine, top1, length)
