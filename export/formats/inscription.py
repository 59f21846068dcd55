"""What a converted file says about itself, in the places where its format keeps that."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

KEY = "slimhub"  # of the provenance, in every format
RANGES, TRAINED = "ranges", "trained"  # in the provenance of files with trained ranges


@dataclasses.dataclass(frozen=True)
class Inscription:
    """Labels, input and provenance.

    Attributes:
      name: of the network, or of the artifact's folder.
      description: one sentence.
      output: name of the output.
      image_size: height and width, pixels.
      labels: one per logit; empty if there are none.
      mean: subtracted from 8-bit pixels before they are divided.
      std: what they are divided by: 255 gives [0, 1], which every artifact takes.
      provenance: JSON data: digests of artifact and record, version, agreement.
    """

    name: str
    description: str
    output: str
    image_size: int
    labels: tuple[str, ...] = ()
    mean: float = 0.0
    std: float = 255.0
    provenance: dict[str, Any] = dataclasses.field(default_factory=dict)

    def provenance_text(self) -> str:
        """The provenance as one JSON text."""
        return json.dumps(self.provenance, sort_keys=True)

    def with_agreement(self, agreement: dict[str, Any]) -> Inscription:
        """The same, and how well the file agrees with its artifact.

        Args:
          agreement: JSON data.
        """
        return dataclasses.replace(self, provenance={**self.provenance, "agreement": agreement})

    def to_json(self) -> dict[str, Any]:
        """As JSON data, for another process."""
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> Inscription:
        """The inverse of `to_json`."""
        return cls(**{**content, "labels": tuple(content["labels"])})

    def differences(self, expected: Inscription) -> list[str]:
        """What differs from the inscription that was to be written, one phrase each.

        Args:
          expected: that inscription.
        """
        found = []
        for field in dataclasses.fields(self):
            mine, theirs = getattr(self, field.name), getattr(expected, field.name)
            if mine != theirs:
                found.append(f"{field.name} is {mine!s:.60}, not {theirs!s:.60}")
        return found
