"""What people choose a model by: figures of a version, from its record."""

from __future__ import annotations

import dataclasses

from slimhub.export.record import Record
from slimhub.nets import size_notation
from slimhub.publish.pages import network_facts, recorded_network


@dataclasses.dataclass(frozen=True)
class ModelFacts:
    """Figures of a version, as `index.json` has them.

    Attributes:
      image_size: of the images that the network was built for, pixels: a number for squares, or
        else height and width.
      size_is_free: whether images of other sizes are accepted too.
      width: number of features, or of classes.
      parameters: trainable ones.
      macs: multiply-adds for one image of that size; None if they were not counted.
      published_top1: accuracy on the validation images of ImageNet that others published for the
        public checkpoint, percent; None unless the version was made from it.
    """

    image_size: int | tuple[int, int]
    size_is_free: bool
    width: int
    parameters: int
    macs: int | None = None
    published_top1: float | None = None

    @property
    def sides(self) -> tuple[int, int]:
        """Height and width of the images, pixels."""
        return size_notation.sides(self.image_size)

    @property
    def size_text(self) -> str:
        """The size as people write it: `224`, or `96x160`."""
        return str(size_notation.spell(self.image_size))

    @classmethod
    def of_record(cls, record: Record) -> ModelFacts:
        """The figures of an artifact.

        Args:
          record: of the artifact.

        Raises:
          PublishError: for a network that is not known here.
        """
        spec = recorded_network.spec_of(record)
        is_public = (
            spec is not None
            and network_facts.is_public(spec, record)
            and not network_facts.options(record)
        )
        return cls(
            record.network.image_size,
            record.network.size_is_free,
            record.output.width,
            record.variables.parameters,
            network_facts.macs(spec, record),
            spec.published.top1 if spec is not None and is_public else None,
        )

    def check(self) -> None:
        """Refuses figures that no version has.

        Raises:
          ValueError: says which.
        """
        counts = (*self.sides, self.width, self.parameters, self.macs or 0)
        if min(counts) < 0:
            raise ValueError("a count is negative")
        if self.published_top1 is not None and not 0 <= self.published_top1 <= 100:
            raise ValueError("an accuracy is not a percentage")
