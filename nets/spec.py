"""NetworkSpec: everything that differs between networks, in one frozen record."""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from slimhub.common.errors import NetworkError, option
from slimhub.common.text import count
from slimhub.nets import last_layers, option_rules, size_notation
from slimhub.nets.options import OF_BATCH_NORMS, NetworkOptions, setting
from slimhub.nets.scaling import NAMES, InputScaling
from slimhub.nets.size_notation import ImageSize

if TYPE_CHECKING:
    import tensorflow as tf

# Builds all layers up to the features from (spec, scaled images f32[N, H, W, C], endpoints), fills
# in the endpoints in graph order, and returns f32[N, height, width, feature_depth].
Layers = Callable[["NetworkSpec", "tf.Tensor", "dict[str, tf.Tensor]"], "tf.Tensor"]

# Builds a whole network in the current graph: (spec, scaled images f32[N, H, W, C], num_classes or
# None, is_training, batch_norm_momentum) -> {endpoint name without the scope: tensor}, in graph
# order.
Builder = Callable[..., "dict[str, tf.Tensor]"]

TASKS = ("feature_vector", "classification")


@dataclasses.dataclass(frozen=True)
class Paper:
    """The paper that introduced a network."""

    title: str
    authors: str
    year: int
    url: str


PHONES = ("Pixel 1", "Pixel 2", "Pixel 3")  # that `Published.latency` was measured on, in order


@dataclasses.dataclass(frozen=True)
class Published:
    """Figures that others published for a network; slimhub does not measure any of them."""

    source: str
    top1: float | None = None  # ImageNet validation accuracy, percent
    top5: float | None = None  # ImageNet validation accuracy, percent
    macs: float | None = None  # multiply-adds for one image, millions
    parameters: float | None = None  # trainable, with 1001 classes, millions
    parameters_headless: float | None = None  # the same without logits, millions
    latency: tuple[float, float, float] | None = None  # of one image on `PHONES`, ms


@dataclasses.dataclass(frozen=True, kw_only=True)
class NetworkSpec:
    """A network that can be rebuilt.

    Attributes:
      name: the hub's name, e.g. `mobilenet_v3_small_075_224`.
      family: what its definition is shared with, e.g. `MobileNet V3`.
      scope: outermost variable scope, first part of every variable's name; may be empty.
      layers: builds the layers up to the features; a function or `module:function`, see `Layers`.
        `slimhub.nets.layers.trunk` builds what all networks have around them.
      definition: what these layers are built from, if several networks share them.
      builder: builds the whole graph instead of `layers` and the trunk, or None; see `Builder`.
      image_size: default height and width, pixels; a pair if they differ.
      channels: of the images; 3 are red, green and blue.
      size_is_free: whether images of any size are accepted; among the registered networks, true for
        those whose published module accepted them.
      size_can_be_free: whether the layers can be built without knowing the size.
      depth_multiplier: scales the width of every layer; 1 for networks that have none.
      feature_depth: number of features, the width of the last layer before the logits.
      feature_endpoint: endpoint that the feature vector is read from.
      last_layer: the endpoint that the layers end with, None for the network's own end.
      can_be_dilated: whether its layers heed an output stride.
      output_stride: pixels of the image for one of the last map; None for the network's own.
      features_are_flat: whether that endpoint is f32[batch, feature_depth], without height and
        width of 1.
      depth_rule: gives the published feature depth for a depth multiplier; None for networks
        without one.
      smallest_image: height and width that still leave a feature map, pixels.
      num_classes: width of the logits, including background.
      has_background: whether class 0 is a background class.
      drop_background: whether a classification leaves that class out of its output.
      input_scaling: converts images in [0, 1] to the range the network was trained on.
      weight_decay: factor of the L2 loss over the regularized variables.
      regularized: pattern of the names of the regularized variables.
      has_batch_norm: whether it has batch norms at all.
      norms_are_optional: whether it may have biases in place of them: whether all of them follow a
        convolution, and nothing else differs without them.
      batch_norm_epsilon: added to the variance.
      batch_norm_scale: whether batch norms have a `gamma`.
      batch_norm_decay: momentum of the moving statistics in the original training.
      dropout_keep: probability of keeping a feature before the logits in training; 1 means no
        dropout.
      dropout_endpoint: the features after dropout, None if that is not an endpoint.
      logits_scope: variable scope of the layer that outputs the logits, inside the network's.
      logits_are_full: whether that layer is fully connected, not a 1x1 convolution.
      logits_endpoint: the endpoint of that layer.
      logits_are_flat: whether that endpoint is f32[batch, classes], not f32[batch, 1, 1, classes].
      predictions_endpoint: the softmax of the logits, or None if the original has none.
      sigmoid_endpoint: the sigmoid of the logits, or None if the original has none.
      head: pattern of the variables that only the logits use.
      auxiliary: pattern of the variables of heads that only served training, or None.
      published: figures from elsewhere.
      paper: the paper that introduced it, or None.
      checkpoint: public archive and the checkpoint inside it, or empty.
      archive_url: where that archive can be downloaded, or empty.
      reference: `package.module:NAME` of a custom network's spec, empty for registered ones.
      options: given options that do not set any of these fields, for the builder.
    """

    name: str
    scope: str
    image_size: ImageSize
    feature_depth: int
    layers: Layers | str = ""
    definition: object = None
    builder: Builder | None = None
    family: str = ""
    channels: int = 3
    depth_multiplier: float = 1.0
    depth_rule: Callable[[float], int] | None = None
    paper: Paper | None = None
    published: Published = Published("none")
    checkpoint: str = ""
    archive_url: str = ""
    size_is_free: bool = False
    size_can_be_free: bool = True
    smallest_image: int = 32  # a total stride of 32 leaves no feature map below this
    feature_endpoint: str = "global_pool"
    last_layer: str | None = None
    can_be_dilated: bool = False
    output_stride: int | None = None
    features_are_flat: bool = False
    num_classes: int = 1001  # ImageNet's 1000 and background
    has_background: bool = True
    drop_background: bool = False
    input_scaling: InputScaling = InputScaling.SYMMETRIC
    weight_decay: float = 4e-5
    regularized: str = r"/weights$"
    has_batch_norm: bool = True
    norms_are_optional: bool = False
    batch_norm_epsilon: float = 0.001
    batch_norm_scale: bool = True
    batch_norm_decay: float = 0.997
    dropout_keep: float = 0.8
    dropout_endpoint: str | None = None
    logits_scope: str = "Logits/Conv2d_1c_1x1"
    logits_are_full: bool = False
    logits_endpoint: str = "Logits"
    logits_are_flat: bool = True
    predictions_endpoint: str | None = "Predictions"
    sigmoid_endpoint: str | None = None
    head: str = r"/Logits/"
    auxiliary: str | None = None
    reference: str = ""
    options: NetworkOptions = dataclasses.field(default_factory=NetworkOptions)

    def customized(self, options: NetworkOptions | None = None, **values: Any) -> NetworkSpec:
        """The same network with other options.

        Args:
          options: those that are not given leave the network unchanged.
          values: single options by name, `num_classes=7`.

        Returns:
          A spec; this one if nothing differs.

        Raises:
          NetworkError: if a value is out of range, or this network does not support an option.
        """
        options = dataclasses.replace(options or NetworkOptions(), **values)
        self._check(options)
        changes = {
            attribute: value
            for attribute, value in self._settings(options).items()
            if value != getattr(self, attribute)
        }
        return dataclasses.replace(self, **changes) if changes else self

    def _check(self, options: NetworkOptions) -> None:
        """Refuses options that this network does not support.

        Raises:
          NetworkError: names the option.
        """
        option_rules.check_values(options, self.smallest_image)
        self._check_images(options)
        if options.depth_multiplier not in (None, self.depth_multiplier) and not self.depth_rule:
            raise NetworkError(
                f"{option('depth_multiplier')} does not apply to {self.name}, which has no "
                "depth multiplier: leave it out"
            )
        has_norms = self._settings(options).get("has_batch_norm", self.has_batch_norm)
        if has_norms != self.has_batch_norm and not self.norms_are_optional:
            raise NetworkError(
                f"{option('batch_norm', options.batch_norm)} does not apply to {self.name}: only "
                "in Inceptions can biases take the place of batch norms with all else the same"
            )
        for name in OF_BATCH_NORMS:
            if getattr(options, name) is not None:
                self._check_batch_norm(name, options)
        if options.output_stride is not None and not self.can_be_dilated:
            raise NetworkError(
                f"{option('output_stride')} does not apply to {self.name}: only MobileNet V1 to V3 "
                "and ResNets have dilated layers"
            )
        if options.output_stride is not None and options.last_layer is not None:
            self._check_reached(options.output_stride, options.last_layer)
        if options.free_size and not self.size_can_be_free:
            raise NetworkError(
                f"{option('free_size')} does not apply to {self.name}, which is built for "
                "one image size: leave it out"
            )
        if options.drop_background and not self.has_background and options.num_classes is None:
            raise NetworkError(f"{self.name} has no background class to drop")

    def _check_reached(self, output_stride: int, last_layer: str) -> None:
        """Refuses an output stride that only layers behind the last one would reach.

        Raises:
          NetworkError: names the option.
        """
        reached = last_layers.stride_of(self.name, last_layer)
        if reached < output_stride:
            raise NetworkError(
                f"{option('output_stride', output_stride)} does not apply to "
                f"{option('last_layer', last_layer)}, which is at a stride of {reached}: leave "
                "it out"
            )

    def _check_images(self, options: NetworkOptions) -> None:
        """Refuses images whose channels have no mean colors, and images that are too large.

        Raises:
          NetworkError: names the option.
        """
        wanted = dataclasses.replace(self, **self._settings(options))
        if wanted.input_scaling.needs_colors and wanted.channels != 3:
            scaling = option("input_scaling", NAMES[wanted.input_scaling])
            whose = "" if options.input_scaling else f", which is that of {self.name},"
            raise NetworkError(
                f"{scaling}{whose} subtracts the mean red, green and blue, but images have "
                f"{count(wanted.channels, 'channel')}: give the {option('input_scaling')} that the "
                f"network was trained with, or {option('channels', 3)}"
            )
        if math.prod(wanted.image_shape) > size_notation.MOST_NUMBERS:
            raise NetworkError(
                f"images of {option('image_size', size_notation.spell(wanted.image_size))} with "
                f"{option('channels', wanted.channels)} are too large: at most "
                f"{size_notation.MOST_NUMBERS:,} numbers are possible"
            )

    def _check_batch_norm(self, name: str, options: NetworkOptions) -> None:
        """Refuses an option of batch norms that would have no effect.

        Raises:
          NetworkError: names the option.
        """
        wanted = self._settings(NetworkOptions(**{name: getattr(options, name)}))
        if all(getattr(self, key) == value for key, value in wanted.items()):
            return
        if not self.has_batch_norm:
            raise NetworkError(
                f"{option(name)} does not apply to {self.name}, which has no batch norms: leave it "
                "out"
            )
        if self.builder is not None:
            raise NetworkError(
                f"{option(name)} does not reach the builder of {self.name}: set it in its spec"
            )

    def _settings(self, options: NetworkOptions) -> dict[str, Any]:
        """The values that checked options give to fields of this spec."""
        given = options.given()
        fields = {field.name: field for field in dataclasses.fields(options)}
        attributes = {name: field.metadata["attribute"] for name, field in fields.items()}
        settings = {
            attributes[name]: setting(fields[name], value)
            for name, value in given.items()
            if attributes[name]
        }
        if others := {name: value for name, value in given.items() if not attributes[name]}:
            settings["options"] = type(options)(**self.options.given() | others)
        multiplier = options.depth_multiplier
        if self.depth_rule and multiplier is not None and multiplier != self.depth_multiplier:
            settings.setdefault("feature_depth", self.depth_rule(multiplier))
        if options.last_layer is not None:
            settings.setdefault("feature_depth", self._width_of_last_layer(options))
        if options.drop_background:
            settings["has_background"] = True
        elif options.num_classes not in (None, self.num_classes):
            settings["has_background"] = False
        return settings

    def _width_of_last_layer(self, options: NetworkOptions) -> int:
        """The channels of the last layer that was asked for.

        Raises:
          NetworkError: if the network cannot end with it, or another depth multiplier changes it.
        """
        assert options.last_layer is not None
        if self.reference or self.builder is not None:
            raise NetworkError(
                f"{option('last_layer')} does not apply to custom networks: end the layers of the "
                "spec there"
            )
        width = last_layers.width_of(self.name, options.last_layer, self.feature_endpoint)
        is_other = options.depth_multiplier not in (None, self.depth_multiplier)
        if is_other and options.feature_depth is None:
            raise NetworkError(
                f"{option('last_layer')} with another {option('depth_multiplier')} has other "
                f"channels than in {self.name}: also pass their number as {option('feature_depth')}"
            )
        return width

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """Height and width of an image in pixels, and its channels."""
        return (*size_notation.sides(self.image_size), self.channels)

    @property
    def accepted_shape(self) -> tuple[int | None, int | None, int]:
        """The shape of images that an artifact takes: as `image_shape`, None where it is free."""
        return (None, None, self.channels) if self.size_is_free else self.image_shape

    @property
    def takes_encoded_images(self) -> bool:
        """Whether JPEG and PNG files can hold its images: gray ones, or red, green and blue."""
        return self.channels in (1, 3)

    def output_width(self, task: str) -> int:
        """Width of the output: number of features or classes.

        Args:
          task: one of `TASKS`.
        """
        if task == "feature_vector":
            return self.feature_depth
        return self.num_classes - self.drop_background

    def endpoint_key(self, endpoint: str) -> str:
        """The name of an endpoint in an artifact, with the scope or network name as prefix.

        Args:
          endpoint: its name in the network.
        """
        return f"{self.scope or self.name}/{endpoint}"

    def is_regularized(self, variable_name: str) -> bool:
        """Whether the L2 loss of the original training covers a variable."""
        return re.search(self.regularized, variable_name) is not None
