"""The options that a network can be rebuilt with: each exists once, as a field of one class.

Flags of the command line, keys of a manifest, requests and proofs derive from the fields.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any


def _option(
    kind: type,
    help: str,
    *,
    metavar: str | None = None,
    range: tuple[float, float] | None = None,
    attribute: str | None = None,
    label: str | None = None,
) -> Any:
    """A field, with what derives from it as its metadata.

    Args:
      kind: `float`, `int` or `bool`, as `type` in the metadata; a bool is off by default, the
        others are not given.
      help: what it does, for the command line.
      metavar: stands for its value there; None for a bool.
      range: lowest and highest value; None for a bool.
      attribute: the field of `NetworkSpec` that it sets, and that a record names; None where the
        builder reads it from `NetworkSpec.options`.
      label: what a page calls it where it differs from the registered network, None where the
        page says so elsewhere.
    """
    metadata = {
        "type": kind,
        "help": help,
        "metavar": metavar,
        "range": range,
        "attribute": attribute,
        "label": label,
    }
    return dataclasses.field(default=False if kind is bool else None, metadata=metadata)


@dataclasses.dataclass(frozen=True)
class NetworkOptions:
    """Options of one network; what is not given stays as the network is registered.

    Attributes:
      depth_multiplier: factor on the width of every layer; for networks that have one.
      num_classes: width of the logits.
      image_size: height and width in pixels, at least the network's `smallest_image`.
      feature_depth: width of the last layer before the logits; by default what the published
        networks have at this depth multiplier.
      free_size: take images of any size, not of `image_size` alone.
      drop_background: leave class 0 out of the output; it says that class 0 is background,
        whatever the number of classes.
    """

    depth_multiplier: float | None = _option(
        float,
        "factor on the width of every layer",
        metavar="M",
        range=(0.01, 4),
        attribute="depth_multiplier",
        label="depth multiplier",
    )
    num_classes: int | None = _option(
        int,
        "width of the logits, a background class included",
        metavar="N",
        range=(1, 1_000_000),
        attribute="num_classes",
        label="classes",
    )
    image_size: int | None = _option(
        int,
        "height and width of the images",
        metavar="PIXELS",
        range=(1, 4096),
        attribute="image_size",
        label="image size",
    )
    feature_depth: int | None = _option(
        int,
        "width of the last layer before the logits, where it is not the published one",
        metavar="N",
        range=(1, 65_536),
        attribute="feature_depth",
        label="features",
    )
    free_size: bool = _option(
        bool, "take images of any size, not of one alone", attribute="size_is_free"
    )
    drop_background: bool = _option(
        bool,
        "leave class 0, the background, out of the logits and the labels",
        attribute="drop_background",
    )

    @classmethod
    def names(cls, *kinds: type) -> tuple[str, ...]:
        """Names of the options, in order.

        Args:
          kinds: types to choose from; all by default.
        """
        fields = dataclasses.fields(cls)
        return tuple(f.name for f in fields if not kinds or f.metadata["type"] in kinds)

    @classmethod
    def names_without_field(cls) -> tuple[str, ...]:
        """Names of the options that set no field of `NetworkSpec`: a builder reads them."""
        return tuple(f.name for f in dataclasses.fields(cls) if not f.metadata["attribute"])

    @classmethod
    def of_record(cls, network: Mapping[str, Any]) -> NetworkOptions:
        """The options that rebuild the network of an artifact.

        Args:
          network: how the artifact's record describes it.
        """
        keys = {f.name: f.metadata["attribute"] or f.name for f in dataclasses.fields(cls)}
        return cls(**{name: network[key] for name, key in keys.items() if key in network})

    def given(self) -> dict[str, Any]:
        """The options that are given, by name; a switch that is off is not."""
        values = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        return {
            name: value
            for name, value in values.items()
            if value is not None and value is not False
        }
