"""The options that a network can be rebuilt with: each exists once, as a field of one class.

Command-line flags, manifest keys, requests and proofs are derived from these fields.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

from slimhub.nets import scaling, size_notation

OUTPUT_STRIDES = (8, 16, 32)
OF_BATCH_NORMS = ("batch_norm_scale", "batch_norm_epsilon")


def _option(
    kind: Callable[[str], Any],
    help: str,
    *,
    metavar: str | None = None,
    range: tuple[float, float] | None = None,
    attribute: str | None = None,
    label: str | None = None,
    values: Mapping[str, Any] | None = None,
) -> Any:
    """A field whose metadata holds everything that is derived from it.

    Args:
      kind: `float`, `int`, `bool`, `str` or `size_notation.parse_size`, stored as `type` in the
        metadata; a bool is off by default, others are unset.
      help: what it does, for the command line.
      metavar: placeholder for its value there; None for a bool and a choice.
      range: lowest and highest value; None for a bool and a str.
      attribute: the field of `NetworkSpec` that it sets, and that a record names; None if the
        builder reads it from `NetworkSpec.options`.
      label: what a page calls it if it differs from the registered network; None if the page covers
        it elsewhere.
      values: for a choice, a str, what the field is set to by each value that it may have.
    """
    metadata = {
        "type": kind,
        "help": help,
        "metavar": metavar,
        "range": range,
        "attribute": attribute,
        "label": label,
        "values": values,
    }
    return dataclasses.field(default=False if kind is bool else None, metadata=metadata)


def option_value(field: dataclasses.Field[Any], recorded: Any) -> Any:
    """The value of an option for what it sets; None if no value sets that.

    Args:
      field: of `NetworkOptions`.
      recorded: what it sets, in `NetworkSpec` or in a record.
    """
    values = field.metadata["values"]
    if field.metadata["type"] is size_notation.parse_size and isinstance(recorded, tuple):
        return size_notation.spell(recorded)
    if values is None:
        return recorded
    return next((n for n, v in values.items() if recorded in (v, getattr(v, "value", v))), None)


def setting(field: dataclasses.Field[Any], value: Any) -> Any:
    """What a value of an option sets in `NetworkSpec`: the inverse of `option_value`.

    Args:
      field: of `NetworkOptions`.
      value: of the option, one that it can have.
    """
    if field.metadata["type"] is size_notation.parse_size:
        return size_notation.read_size(value)
    values = field.metadata["values"]
    return value if values is None else values[value]


@dataclasses.dataclass(frozen=True)
class NetworkOptions:
    """Options of one network; those that are not given keep the registered value.

    Attributes:
      depth_multiplier: scales the width of every layer; only for networks that have one.
      num_classes: width of the logits.
      image_size: height and width in pixels, each at least the network's `smallest_image`: a number
        for squares, or else the text `HEIGHTxWIDTH`.
      channels: of the images; 3 are red, green and blue, 1 is gray.
      feature_depth: width of the last layer before the logits; by default, that of the published
        networks with this depth multiplier.
      free_size: accept images of any size, not only of `image_size`.
      last_layer: the endpoint to end with, in place of the network's own last layer; a feature
        vector is its mean over height and width.
      output_stride: how many pixels of the image one of the last map stands for, one of
        `OUTPUT_STRIDES`; layers behind have dilated kernels in place of strides.
      input_scaling: the range of the images that the network was trained on, a key of
        `scaling.BY_NAME`; images of an artifact are always in [0, 1].
      batch_norm: whether it has batch norms, `yes` or `no`; if not, layers have biases.
      batch_norm_scale: whether batch norms have a `gamma`, `yes` or `no`.
      batch_norm_epsilon: added to the variance in batch norms.
      drop_background: leave class 0 out of the output; implies that class 0 is background, whatever
        the number of classes.
    """

    depth_multiplier: float | None = _option(
        float,
        "scales the width of every layer",
        metavar="M",
        range=(0.01, 4),
        attribute="depth_multiplier",
        label="depth multiplier",
    )
    num_classes: int | None = _option(
        int,
        "width of the logits, including a background class",
        metavar="N",
        range=(1, 1_000_000),
        attribute="num_classes",
        label="classes",
    )
    image_size: int | str | None = _option(
        size_notation.parse_size,
        "height and width of the images: a number, or HEIGHTxWIDTH if they are not square",
        metavar="PIXELS",
        range=(1, size_notation.LARGEST),
        attribute="image_size",
        label="image size",
    )
    channels: int | None = _option(
        int,
        "channels of the images, if they are not red, green and blue",
        metavar="N",
        range=(1, 16),
        attribute="channels",
        label="image channels",
    )
    feature_depth: int | None = _option(
        int,
        "width of the last layer before the logits, if it is not the published one",
        metavar="N",
        range=(1, 65_536),
        attribute="feature_depth",
        label="features",
    )
    last_layer: str | None = _option(
        str,
        "end with this layer; the feature vector is its mean over height and width",
        metavar="ENDPOINT",
        attribute="last_layer",
        label="last layer",
    )
    output_stride: int | None = _option(
        int,
        "pixels of the image for one of the last map, 8, 16 or 32; kernels behind are dilated",
        metavar="N",
        range=(OUTPUT_STRIDES[0], OUTPUT_STRIDES[-1]),
        attribute="output_stride",
        label="output stride",
    )
    input_scaling: str | None = _option(
        str,
        "the range of the images it was trained on, into which images in [0, 1] are scaled",
        attribute="input_scaling",
        label="input scaling",
        values=scaling.BY_NAME,
    )
    batch_norm: str | None = _option(
        str,
        "whether it has batch norms, or biases in their place",
        attribute="has_batch_norm",
        label="batch norms",
        values={"yes": True, "no": False},
    )
    batch_norm_scale: str | None = _option(
        str,
        "whether batch norms have a gamma, as with scale=True in the training",
        attribute="batch_norm_scale",
        label="gammas of batch norms",
        values={"yes": True, "no": False},
    )
    batch_norm_epsilon: float | None = _option(
        float,
        "added to the variance in batch norms",
        metavar="X",
        range=(1e-12, 1),
        attribute="batch_norm_epsilon",
        label="epsilon of batch norms",
    )
    free_size: bool = _option(
        bool, "accept images of any size, not only one", attribute="size_is_free"
    )
    drop_background: bool = _option(
        bool,
        "leave class 0, the background, out of the logits and the labels",
        attribute="drop_background",
    )

    @classmethod
    def names(cls, *kinds: Callable[[str], Any]) -> tuple[str, ...]:
        """Names of the options, in order.

        Args:
          kinds: types to choose from; all by default.
        """
        fields = dataclasses.fields(cls)
        return tuple(f.name for f in fields if not kinds or f.metadata["type"] in kinds)

    @classmethod
    def names_without_field(cls) -> tuple[str, ...]:
        """Names of the options that do not set a field of `NetworkSpec`: a builder reads them."""
        return tuple(f.name for f in dataclasses.fields(cls) if not f.metadata["attribute"])

    @classmethod
    def of_record(cls, network: Mapping[str, Any]) -> NetworkOptions:
        """The options that rebuild the network of an artifact.

        Args:
          network: the network section of the artifact's record.
        """
        keys = {f: f.metadata["attribute"] or f.name for f in dataclasses.fields(cls)}
        if network.get("has_batch_norm") is False:  # what is said of norms does not apply
            keys = {f: key for f, key in keys.items() if f.name not in OF_BATCH_NORMS}
        return cls(
            **{f.name: option_value(f, network[key]) for f, key in keys.items() if key in network}
        )

    def given(self) -> dict[str, Any]:
        """The options that were given, by name, except switches that are off."""
        values = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        return {
            name: value
            for name, value in values.items()
            if value is not None and value is not False
        }
