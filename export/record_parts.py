"""The parts of a record. Each is JSON with the same fields, in this order."""

from __future__ import annotations

import dataclasses

from slimhub.export import record_json
from slimhub.nets import NetworkOptions, size_notation


@dataclasses.dataclass(frozen=True, kw_only=True)
class RecordedNetwork:
    """A network with the options it was exported with; see `nets.NetworkSpec`.

    Attributes:
      reference: `package.module:NAME` of a custom network, empty for a registered one.
      paper: URL of the paper, empty if unknown.
      public_checkpoint: the checkpoint that TF-Slim published for it, empty if unknown.
      image_size: a number for squares, or else height and width.
      channels: None in records of version 0.1.0, whose networks take red, green and blue.
      last_layer: the endpoint that it ends with, None for its own end.
      output_stride: None for the network's own.
      has_batch_norm: None in records of version 0.1.0, like the next; their networks had the
        registered value.
      batch_norm_scale: see `has_batch_norm`.
      options: given options that do not set any of these fields, by name.
    """

    name: str
    reference: str
    family: str
    scope: str
    depth_multiplier: float
    image_size: int | tuple[int, int]
    size_is_free: bool
    input_range: tuple[float, ...]
    input_scaling: str
    feature_depth: int
    num_classes: int
    has_background: bool
    drop_background: bool
    weight_decay: float
    batch_norm_epsilon: float
    paper: str
    public_checkpoint: str
    channels: int | None = None
    last_layer: str | None = None
    output_stride: int | None = None
    has_batch_norm: bool | None = None
    batch_norm_scale: bool | None = None
    options: dict[str, object] = dataclasses.field(
        default_factory=dict, metadata=record_json.rest(NetworkOptions.names_without_field())
    )

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """Height and width of an image in pixels, and its channels."""
        return (*size_notation.sides(self.image_size), self.channels or 3)

    def settings(self) -> dict[str, object]:
        """Every field and every option by name; see `nets.NetworkOptions.of_record`."""
        fields = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        return fields | self.options


@dataclasses.dataclass(frozen=True, kw_only=True)
class RecordedOutput:
    """The output of a call: its name in `serving_default`, and its width.

    Attributes:
      signatures: names of all signatures; None in records of version 0.1.0.
    """

    name: str
    width: int
    signatures: tuple[str, ...] | None = None

    def has(self, signature: str) -> bool:
        """Whether the record names a signature."""
        return signature in (self.signatures or ())


@dataclasses.dataclass(frozen=True, kw_only=True)
class RecordedLabels:
    """The names of the classes.

    Attributes:
      count: how many there are.
      source: where they come from.
      sha256: of the asset; None in records of early releases.
    """

    count: int
    source: str
    sha256: str | None = None


@dataclasses.dataclass(frozen=True, kw_only=True)
class RecordedSource:
    """The checkpoint that an artifact was made from.

    Attributes:
      origin: base name of the file or folder, or the URL.
      sha256: of the file, or of the lines `<sha256>  <base name>` of the checkpoint's files.
      name: of the checkpoint inside.
      format: `V1`, `V2` or another one that `checkpoints` reads.
      step: of the training, None if unknown.
      averages: which values were requested: `auto`, `shadow` or `raw`.
      ignore_leftover: pattern of layers left out at the user's own risk, or None.
      scope: prefix of the network's names, without surrounding slashes, or None.
      artifact: sha256 of the source's record if the source was a slimhub artifact, or else None.
      graph_options: names of the network's options that were not given but found in the original
        graph; None if there are none.
    """

    origin: str = dataclasses.field(metadata=record_json.key("source"))
    sha256: str
    name: str
    format: str
    step: int | None
    averages: str
    ignore_leftover: str | None = None
    scope: str | None = None
    artifact: str | None = None
    graph_options: tuple[str, ...] | None = None


@dataclasses.dataclass(frozen=True, kw_only=True)
class RecordedVariables:
    """What filled the variables.

    Attributes:
      filled: number of variables by the kind of value.
      averages_in_checkpoint: `stored`, `shadows` or `unknown`.
      left_over_expected: number of left-over names in the checkpoint, by reason.
      left_over: names left over without a reason.
      ignored: names of layers left out at the user's own risk; None if that was not requested.
      cast: number of variables cast to float32, by original dtype; None if there were none.
      masked: number of variables multiplied with a pruning mask; None if there were none.
      trained_without_average: names of trainable variables without an average.
      count: number of variables.
      parameters: number of trainable parameters.
      statistics: number of the other values.
    """

    filled: dict[str, int]
    averages_in_checkpoint: str
    left_over_expected: dict[str, int]
    left_over: tuple[str, ...]
    ignored: tuple[str, ...] | None = None
    cast: dict[str, int] | None = None
    masked: int | None = None
    trained_without_average: tuple[str, ...]
    count: int
    parameters: int
    statistics: int


@dataclasses.dataclass(frozen=True, kw_only=True)
class RecordedRange:
    """The smallest and largest value at a place that training quantized to 8 bits."""

    min: float
    max: float


@dataclasses.dataclass(frozen=True, kw_only=True)
class RecordedFigures:
    """What was counted on a network whose figures are not stored in slimhub.

    Attributes:
      macs: multiply-adds for one image of the network's size.
      endpoints: shapes without the batch, at that size, by the names that callers use.
    """

    macs: int
    endpoints: dict[str, tuple[int, ...]]


@dataclasses.dataclass(frozen=True, kw_only=True)
class RecordedVersions:
    """Versions of the software that made an artifact."""

    slimhub: str
    python: str
    tensorflow: str
    tf_slim: str = dataclasses.field(metadata=record_json.key("tf-slim"))
    numpy: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class RecordedIdentity:
    """Identifies an export: the same identity gives the same artifact.

    Attributes:
      sha256: over all fields.
      fields: sha256 of each field by name, to find out what differs.
    """

    sha256: str
    fields: dict[str, str]


@dataclasses.dataclass(frozen=True, kw_only=True)
class GoldenInput:
    """Images that anyone can reproduce: expression, shape, and digest of the bytes."""

    generator: str
    shape: tuple[int, ...]
    sha256: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class GoldenOutput:
    """The network's answer, in double precision where the network has that.

    Attributes:
      file: path in the artifact.
      shape: of the output.
      sha256: of its bytes.
      largest: largest magnitude.
      rounding: how much the last bit of every pixel changes the output, relative to the largest
        magnitude; only in records of early releases.
      mean: of the output.
    """

    file: str
    shape: tuple[int, ...]
    sha256: str
    largest: float
    rounding: float | None = None
    mean: float


@dataclasses.dataclass(frozen=True, kw_only=True)
class RecordedGolden:
    """A known input and the answer to it."""

    input: GoldenInput
    output: GoldenOutput


@dataclasses.dataclass(frozen=True, kw_only=True)
class RecordedProof:
    """How much was proved before the artifact was put in place.

    Attributes:
      mode: one of `export.verify.MODES`.
      counts: number of checks by outcome; empty if nothing was proved.
    """

    mode: str
    counts: dict[str, int] = dataclasses.field(metadata=record_json.REST)
