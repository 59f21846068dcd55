"""Where the ranges of a quantization-aware training belong in a network's nodes.

`tf.contrib.quantize` named a range by the scope of the layer that it quantized, in the names of
operations. TF-Slim opens the scope of some networks twice, so that an operation is in
`MobilenetV1/MobilenetV1/Conv2d_0` if its variables are in `MobilenetV1/Conv2d_0`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from slimhub.checkpoints import trained_ranges
from slimhub.common.text import listed

if TYPE_CHECKING:
    from slimhub.export.formats.frozen_nodes import FrozenNodes

Range = tuple[float, float]

LAYERS = ("Conv2D", "DepthwiseConv2dNative", "MatMul")
NORM = "FusedBatchNormV3"
_ADDITIONS = ("Add", "AddV2")
_ACTIVATIONS = ("Relu", "Relu6")
# What training put behind a sum, in different releases of TensorFlow 1.
_OF_SUMS = ("post_activation_bypass_quant", "add_quant")
_SHOWN = 3


class MisfitError(Exception):
    """Says why the ranges cannot be used with a network."""


@dataclasses.dataclass(frozen=True)
class TrainedPlaces:
    """Ranges by node.

    Attributes:
      weights: by the layer that uses the weights.
      activations: by the node whose output is quantized.
    """

    weights: Mapping[str, Range]
    activations: Mapping[str, Range]

    def count(self) -> int:
        """How many ranges are used."""
        return len(self.weights) + len(self.activations)


def match(nodes: FrozenNodes, ranges: Mapping[str, Range]) -> TrainedPlaces:
    """Finds the node of each range.

    Args:
      nodes: of a network for inference.
      ranges: by place, as `trained_ranges.read` returns them. Those of layers that the network does
        not have, such as a head, are left out.

    Raises:
      MisfitError: if a layer has no range, or two; a range has no node in a scope that the network
        has, or is damaged.
    """
    left: dict[str, Range] = {}
    for place, (smallest, largest) in ranges.items():
        try:
            trained_ranges.check(place, smallest, largest)
        except trained_ranges.RangeError as error:
            raise MisfitError(str(error)) from error
        if left.setdefault(_once(place), (smallest, largest)) != (smallest, largest):
            raise MisfitError(f"there are two for {_once(place)}")
    weights: dict[str, Range] = {}
    activations: dict[str, Range] = {}
    for name, places in _wanted(nodes):
        found = next((place for place in places if place in left), None)
        if found is None:
            raise MisfitError(f"there is none for {places[0]}")
        kind = weights if places[0].endswith("/weights_quant") else activations
        kind[name] = left.pop(found)
    scopes = {_scope(node.name) for node in nodes}
    unplaced = [place for place in left if _scope(place) in scopes]
    if unplaced:
        raise MisfitError(f"the network has no place for {listed(unplaced, _SHOWN)}")
    if not weights:
        raise MisfitError("the network has no layers with weights")
    return TrainedPlaces(weights, activations)


def layer_end(nodes: FrozenNodes, layer: str) -> str:
    """The last node that a runtime computes together with a layer.

    Args:
      nodes: of the network.
      layer: name of a node of `LAYERS`.

    Returns:
      Behind batch norm or bias, and behind a Relu or Relu6.
    """
    name = layer
    for operations in ((NORM, "BiasAdd"), _ACTIVATIONS):
        consumers = nodes.consumers(name)
        if len(consumers) == 1 and nodes[consumers[0]].op in operations:
            name = consumers[0]
    return name


def _wanted(nodes: FrozenNodes) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Each node that needs a range, and the places where that may be."""
    for node in nodes:
        scope = _scope(node.name)
        if node.op in LAYERS:
            yield node.name, (f"{scope}/weights_quant",)
            yield layer_end(nodes, node.name), (f"{scope}/act_quant",)
        elif node.op in _ADDITIONS:
            yield node.name, tuple(f"{scope}/{kind}" for kind in _OF_SUMS)


def _scope(name: str) -> str:
    return _once(name).rpartition("/")[0]


def _once(name: str) -> str:
    """A place or node without the second of two equal scopes at its beginning."""
    first, *rest = name.split("/")
    return "/".join([first, *rest[1:]] if rest[:1] == [first] else [first, *rest])
