"""How accurate a file and its artifact are, where the classes of pictures are known."""

from __future__ import annotations

import dataclasses
from typing import Any

from slimhub.common.text import printable


@dataclasses.dataclass(frozen=True)
class KnownAccuracy:
    """Fractions of a user's pictures whose class has the largest logit (of equal ones, the first).

    Attributes:
      data: what the user calls the pictures.
      pictures: how many.
      artifact: fraction, of the artifact.
      file: fraction, of the file, in the worst of its runs.
      labels: how they were matched with logits.
    """

    data: str
    pictures: int
    artifact: float
    file: float
    labels: str

    def text(self) -> str:
        """For people."""
        return (
            f"top-1 {self.file:.1%}, of the artifact {self.artifact:.1%}, on {self.pictures} "
            f"pictures in {printable(self.data)}; labels matched {self.labels}"
        )

    def to_json(self) -> dict[str, Any]:
        """As JSON data."""
        return dataclasses.asdict(self)
