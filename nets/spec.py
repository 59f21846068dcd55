"""NetworkSpec: everything that differs between networks, in one frozen record."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from slimhub.common.errors import NetworkError, option
from slimhub.nets.options import NetworkOptions
from slimhub.nets.scaling import InputScaling

if TYPE_CHECKING:
    import tensorflow as tf

# Makes all layers up to the features from (spec, scaled images f32[N, H, W, 3], endpoints), fills
# in the endpoints in graph order, and returns f32[N, height, width, feature_depth].
Layers = Callable[["NetworkSpec", "tf.Tensor", "dict[str, tf.Tensor]"], "tf.Tensor"]

# Makes a whole network in the current graph: (spec, scaled images f32[N, H, W, 3], num_classes or
# None, is_training, batch_norm_momentum) -> {endpoint name without the scope: tensor}, in graph
# order.
Builder = Callable[..., "dict[str, tf.Tensor]"]

TASKS = ("feature_vector", "classification")


@dataclasses.dataclass(frozen=True)
class Paper:
    """Where a network was published first."""

    title: str
    authors: str
    year: int
    url: str


@dataclasses.dataclass(frozen=True)
class Published:
    """Figures others published for a network; none is measured here."""

    source: str
    top1: float | None = None  # ImageNet validation accuracy, per cent
    top5: float | None = None  # ImageNet validation accuracy, per cent
    macs: float | None = None  # multiply-adds for one image, millions
    parameters: float | None = None  # trainable, with 1001 classes, millions
    parameters_headless: float | None = None  # the same without logits, millions


@dataclasses.dataclass(frozen=True, kw_only=True)
class NetworkSpec:
    """One network that can be rebuilt.

    Attributes:
      name: the hub's name, e.g. `mobilenet_v3_small_075_224`.
      family: what its definition is shared with, e.g. `MobileNet V3`.
      scope: outermost variable scope, first part of every variable's name; may be empty.
      layers: the layers up to the features, a function or `module:function`; see `Layers`. What
        all networks have around them is made by `slimhub.nets.layers.trunk`.
      definition: what these layers are made from, where several networks share them.
      builder: makes the whole graph in place of `layers` and the trunk, or None; see `Builder`.
      image_size: default height and width, pixels.
      size_is_free: whether images of any size are taken; of the registered networks those do
        whose published module did.
      size_can_be_free: whether the layers can be built without knowing the size.
      depth_multiplier: factor on the width of every layer; 1 for networks that have none.
      feature_depth: number of features, the width of the last layer before the logits.
      feature_endpoint: endpoint the feature vector is read from.
      features_are_flat: whether that endpoint is f32[batch, feature_depth], without height and
        width, both 1.
      depth_rule: the published feature depth at a depth multiplier; None for networks that have
        no multiplier.
      smallest_image: height and width that leave a feature map, pixels.
      num_classes: width of the logits, background included.
      has_background: whether class 0 is a background class.
      drop_background: whether the output of a classification leaves that class out.
      input_scaling: from images in [0, 1] to what the network was trained on.
      weight_decay: factor of the L2 loss over the regularized variables.
      regularized: pattern of the names of the variables that are regularized.
      batch_norm_epsilon: added to the variance.
      batch_norm_scale: whether batch norms have a `gamma`.
      batch_norm_decay: momentum of the moving statistics in the original training.
      dropout_keep: probability to keep a feature before the logits when training; 1: no dropout.
      dropout_endpoint: what is left of the features after dropout, None where it is no endpoint.
      logits_scope: variable scope of the layer that makes the logits, inside the network's.
      logits_are_full: whether that layer is a fully connected one, not a 1x1 convolution.
      logits_endpoint: the endpoint that this layer makes.
      logits_are_flat: whether that endpoint is f32[batch, classes], not f32[batch, 1, 1, classes].
      predictions_endpoint: the softmax of the logits, or None where the original has none.
      sigmoid_endpoint: the sigmoid of the logits, or None where the original has none.
      head: pattern of the variables that only the logits use.
      auxiliary: pattern of the variables of heads that were there for training alone, or None.
      published: figures from elsewhere.
      paper: the first description, or None.
      checkpoint: public archive and the checkpoint inside it, or empty.
      reference: `package.module:NAME` of a spec that is a user's own, empty for registered ones.
      options: the given ones that set none of these fields, for the builder that heeds them.
    """

    name: str
    scope: str
    image_size: int
    feature_depth: int
    layers: Layers | str = ""
    definition: object = None
    builder: Builder | None = None
    family: str = ""
    depth_multiplier: float = 1.0
    depth_rule: Callable[[float], int] | None = None
    paper: Paper | None = None
    published: Published = Published("none")
    checkpoint: str = ""
    size_is_free: bool = False
    size_can_be_free: bool = True
    smallest_image: int = 32  # what is strided by 32 in all has no feature map below
    feature_endpoint: str = "global_pool"
    features_are_flat: bool = False
    num_classes: int = 1001  # ImageNet's 1000 and background
    has_background: bool = True
    drop_background: bool = False
    input_scaling: InputScaling = InputScaling.SYMMETRIC
    weight_decay: float = 4e-5
    regularized: str = r"/weights$"
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
        """The same network with options of one's own.

        Args:
          options: those that are not given leave the network as it is.
          values: single options by name, `num_classes=7`.

        Returns:
          A spec; this one where nothing differs.

        Raises:
          NetworkError: for a value out of its range, or an option that this network cannot have.
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
        """Refuses options that this network cannot have.

        Raises:
          NetworkError: names the option.
        """
        for field in dataclasses.fields(options):
            value = getattr(options, field.name)
            if value is None or field.metadata["range"] is None:
                continue
            low, high = field.metadata["range"]
            if field.name == "image_size":
                low = self.smallest_image
            if field.name == "num_classes" and options.drop_background:
                low = 2  # one is to be left
            if not low <= value <= high:
                raise NetworkError(
                    f"{option(field.name)} must be between {low} and {high}, not {value}"
                )
        if options.depth_multiplier not in (None, self.depth_multiplier) and not self.depth_rule:
            raise NetworkError(
                f"{self.name} has no depth multiplier: leave {option('depth_multiplier')} out"
            )
        if options.free_size and not self.size_can_be_free:
            raise NetworkError(
                f"{self.name} is built for one image size: leave {option('free_size')} out"
            )
        if options.drop_background and not self.has_background and options.num_classes is None:
            raise NetworkError(f"{self.name} has no background class to drop")

    def _settings(self, options: NetworkOptions) -> dict[str, Any]:
        """What options that were checked make of the fields of this spec."""
        given = options.given()
        attributes = {f.name: f.metadata["attribute"] for f in dataclasses.fields(options)}
        settings = {attributes[name]: value for name, value in given.items() if attributes[name]}
        if others := {name: value for name, value in given.items() if not attributes[name]}:
            settings["options"] = type(options)(**self.options.given() | others)
        multiplier = options.depth_multiplier
        if self.depth_rule and multiplier is not None and multiplier != self.depth_multiplier:
            settings.setdefault("feature_depth", self.depth_rule(multiplier))
        if options.drop_background:
            settings["has_background"] = True
        elif options.num_classes not in (None, self.num_classes):
            settings["has_background"] = False
        return settings

    def output_width(self, task: str) -> int:
        """Width of the output: features, or classes.

        Args:
          task: one of `TASKS`.
        """
        if task == "feature_vector":
            return self.feature_depth
        return self.num_classes - self.drop_background

    def endpoint_key(self, endpoint: str) -> str:
        """What callers of an artifact know an endpoint by: the scope, or else the name, in front.

        Args:
          endpoint: its name in the network.
        """
        return f"{self.scope or self.name}/{endpoint}"

    def is_regularized(self, variable_name: str) -> bool:
        """Whether the L2 loss of the original training covers a variable."""
        return re.search(self.regularized, variable_name) is not None
