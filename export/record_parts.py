"""The parts of a record. Each is JSON with the same fields, in this order."""

from __future__ import annotations

import dataclasses

from slimhub.export import record_json
from slimhub.nets import NetworkOptions


@dataclasses.dataclass(frozen=True, kw_only=True)
class RecordedNetwork:
    """A network with the options it was exported with; see `nets.NetworkSpec`.

    Attributes:
      reference: `package.module:NAME` of a user's own network, empty for a registered one.
      paper: URL of the paper, empty where none is known.
      public_checkpoint: what TF-Slim published of it, empty where none is known.
      options: those given options that set none of these fields, by name.
    """

    name: str
    reference: str
    family: str
    scope: str
    depth_multiplier: float
    image_size: int
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
    options: dict[str, object] = dataclasses.field(
        default_factory=dict, metadata=record_json.rest(NetworkOptions.names_without_field())
    )

    def settings(self) -> dict[str, object]:
        """Every field and every option by name; see `nets.NetworkOptions.of_record`."""
        fields = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        return fields | self.options


@dataclasses.dataclass(frozen=True, kw_only=True)
class RecordedOutput:
    """What a call gives: its name in `serving_default`, and its width."""

    name: str
    width: int


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
      name: of the checkpoint in there.
      format: `V1`, `V2` or another that `checkpoints` reads.
      step: of the training, None where it is not known.
      averages: which values were asked for: `auto`, `shadow` or `raw`.
      ignore_leftover: pattern of layers that were left out at the owner's risk, or None.
      scope: prefix in front of the network's names, without slashes around it, or None.
      artifact: sha256 of the record of the artifact of slimhub that the source was; None where it
        was something else.
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


@dataclasses.dataclass(frozen=True, kw_only=True)
class RecordedVariables:
    """What filled the variables.

    Attributes:
      filled: number of variables by the kind of values.
      averages_in_checkpoint: `stored`, `shadows` or `unknown`.
      left_over_expected: number of names in the checkpoint that were left over, by the reason.
      left_over: names that were left over without one.
      ignored: names of layers that were left out at the owner's risk; None where that was not asked
        for.
      cast: number of variables that were cast to float32, by what they were stored as; None where
        none was.
      masked: number of variables that are weights times a mask of pruning; None where no mask was.
      trained_without_average: names of trained variables that have no average.
      count: number of variables.
      parameters: number of values that are trained.
      statistics: number of the others.
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
class RecordedVersions:
    """Versions of what made an artifact."""

    slimhub: str
    python: str
    tensorflow: str
    tf_slim: str = dataclasses.field(metadata=record_json.key("tf-slim"))
    numpy: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class RecordedIdentity:
    """By what an export is known: the same again gives the same artifact.

    Attributes:
      sha256: over all fields.
      fields: sha256 of each field by its name, so that what differs can be named.
    """

    sha256: str
    fields: dict[str, str]


@dataclasses.dataclass(frozen=True, kw_only=True)
class GoldenInput:
    """Images that anyone can make again: expression, shape, and digest of the bytes."""

    generator: str
    shape: tuple[int, ...]
    sha256: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class GoldenOutput:
    """What the network answered where it was exported.

    Attributes:
      file: path in the artifact.
      shape: of the output.
      sha256: of its bytes.
      largest: magnitude.
      rounding: how much the last bit of every pixel changes it, relative to the largest; None in
        records of early releases.
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
    """A known input, and the answer to it."""

    input: GoldenInput
    output: GoldenOutput


@dataclasses.dataclass(frozen=True, kw_only=True)
class RecordedProof:
    """How much was proved before the artifact was put in place.

    Attributes:
      mode: one of `export.verify.MODES`.
      counts: how many checks went which way; empty where nothing was proved.
    """

    mode: str
    counts: dict[str, int] = dataclasses.field(metadata=record_json.REST)
