"""Where an original graph and our network part. Imports TensorFlow."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from slimhub.common.text import listed
from slimhub.export.verify.original import layer_surroundings
from slimhub.export.verify.original.graph_nodes import GraphNodes, node_of
from slimhub.export.verify.original.layer_surroundings import Surroundings
from slimhub.export.verify.original.original_network import OriginalNetwork
from slimhub.export.verify.original.refusal import NotComparableError
from slimhub.export.verify.original.runnable_part import RunnablePart
from slimhub.export.verify.original.weighted_layers import Layer, feed_of, find_layers
from slimhub.export.verify.reference.distance import LAST_BIT, ROUNDINGS, relative
from slimhub.export.verify.reference.source_network import SourceNetwork

_UP = np.float32(2)  # the direction in which pixels are changed
_AMPLIFIED = 10
OUTPUT = "output"  # key of the output, beside the weights of layers
_SHOWN = 2


@dataclasses.dataclass(frozen=True)
class Difference:
    """Two arrays of one place.

    Attributes:
      theirs: of the original graph.
      ours: of our network.
      found: largest difference, relative to the largest magnitude of ours; infinite where they are
        of different sizes.
      bound: what it may be.
    """

    theirs: np.ndarray
    ours: np.ndarray
    found: float
    bound: float

    @classmethod
    def of(cls, theirs: np.ndarray, ours: np.ndarray, nudged: np.ndarray) -> Difference:
        """Compares two arrays.

        Args:
          theirs: of the original graph.
          ours: of our network.
          nudged: of our network after a change of the last bit of its input.
        """
        bound = ROUNDINGS * max(relative(nudged, ours), LAST_BIT)
        if theirs.size != ours.size:
            return cls(theirs, ours, math.inf, bound)
        return cls(theirs, ours, relative(theirs.reshape(ours.shape), ours), bound)

    @property
    def share(self) -> float:
        """The difference in units of the bound: more than 1 is too much."""
        return self.found / self.bound


class OwnLayers:
    """The layers of our network, as its own graph has them.

    Attributes:
      nodes: of the graph.
      layers: in the order of the graph.
      output: the tensor of the features, or of the logits.
      feed: the tensor of images in the network's range.
      targets: tensors in the order of the graph, by the weights of the layer that they feed, by the
        name of the endpoint where they feed none, and the output.
      endpoints: names of these endpoints.
    """

    def __init__(self, network: SourceNetwork, output: str) -> None:
        """Reads the graph of a network.

        Args:
          network: ours.
          output: its `tensor_before_dropout`.
        """
        self.nodes = GraphNodes(network.graph_def())
        self.output = output
        used = self.nodes.ancestors([self.output])
        self.layers = find_layers(self.nodes, [n for n in self.nodes.by_name if n in used])
        self.feed = feed_of(self.nodes, self.layers[0])
        self._named = {self._plain(t): name for name, t in network.endpoint_tensors().items()}
        inputs = {layer.weights: layer.data for layer in self.layers} | {OUTPUT: self.output}
        compared = {self._plain(tensor) for tensor in inputs.values()}
        inside = {name: t for t, name in self._named.items() if t not in compared and t in used}
        order = {name: i for i, name in enumerate(self.nodes.by_name)}
        both = (inputs | inside).items()
        self.targets = dict(sorted(both, key=lambda item: order[node_of(item[1])]))
        self.endpoints = list(inside)

    def weights(self) -> list[str]:
        """Names of the variables of the layers."""
        return [layer.weights for layer in self.layers]

    def surroundings(self, key: str) -> Surroundings:
        """What lies between a target and the layers before it."""
        stop = {layer.node: layer.weights for layer in self.layers}
        return layer_surroundings.look(self.nodes, self.targets[key], stop, self.feed, ())

    def count_endpoints(self, keys: Sequence[str]) -> tuple[int, int]:
        """How many endpoints are among the targets of some names, and how many there are."""
        compared = {self._plain(self.targets[key]) for key in keys}
        return len(compared & set(self._named)), len(self._named)

    def _plain(self, tensor: str) -> str:
        """A tensor without what only changes its shape."""
        return self.nodes.behind(tensor.removesuffix(":0"), ("Identity", "Reshape", "Squeeze"))


def compute(
    network: SourceNetwork,
    own: OwnLayers,
    original: OriginalNetwork,
    images: np.ndarray,
    values: Mapping[str, np.ndarray],
) -> tuple[dict[str, Difference], str]:
    """Runs both, on images and in inference on what makes activations of them ten times as large.

    Relu and Relu6 are the same up to 6, which weights may reach for few pictures alone.

    Args:
      network: ours.
      own: its layers.
      original: the graph's.
      images: f32[batch, size, size, 3] in [0, 1].
      values: of all variables that the original graph may read, by name in the graph.

    Returns:
      Differences by the targets of our layers, of both runs the larger; those that the original
      graph could not compute are not there. Then why it could not, in words.

    Raises:
      NotComparableError: where nothing of the original graph can be run.
    """
    wanted = {
        key: tensor
        for key, tensor in original.targets().items()
        if not original.missing_variables(tensor, values)
    }
    part = RunnablePart(original.nodes, wanted, original.feed, original.known)
    scaled, nudged = (
        network.scale(pixels, own.feed) for pixels in (images, np.nextafter(images, _UP))
    )
    found: dict[str, Difference] = {}
    for factor in (1,) if network.is_training else (1, _AMPLIFIED):
        fed = scaled * np.float32(factor)
        theirs, stopped = _as_far_as_possible(part, fed, values, list(wanted))
        ours = network.run(own.targets, {own.feed: fed})
        shaken = network.run(own.targets, {own.feed: nudged * np.float32(factor)})
        _take_output(theirs, ours[OUTPUT])
        for key in theirs:
            difference = Difference.of(theirs[key], ours[key], shaken[key])
            if key not in found or difference.share > found[key].share:
                found[key] = difference
    return found, stopped


def _take_output(theirs: dict[str, np.ndarray], ours: np.ndarray) -> None:
    """Leaves of several ends of a graph the one that is the output: of its size, and closest to it.

    An end that equals the features to the last digits is nothing else; where none does, all of that
    size differ.
    """
    ends = [theirs.pop(key) for key in list(theirs) if key.startswith(f"{OUTPUT} ")]
    fitting = [end.reshape(ours.shape) for end in ends if end.size == ours.size and end.ndim > 1]
    if fitting:
        theirs[OUTPUT] = min(fitting, key=lambda end: float(np.abs(end - ours).max()))


def _as_far_as_possible(
    part: RunnablePart, images: np.ndarray, values: Mapping[str, np.ndarray], keys: list[str]
) -> tuple[dict[str, np.ndarray], str]:
    """All values, or where one cannot be computed those before it, and why."""
    try:
        return part.run(images, values, keys), ""
    except NotComparableError as error:
        stopped = str(error)
    found: dict[str, np.ndarray] = {}
    for key in keys:
        try:
            found |= part.run(images, values, [key])
        except NotComparableError:
            break
    if not found:
        raise NotComparableError(stopped)
    return found, stopped


def explain(own: OwnLayers, original: OriginalNetwork, key: str) -> str:
    """What differs between the layers before a tensor and it, in words.

    Args:
      own: our layers.
      original: the graph's.
      key: the weights that the tensor feeds, or the output.
    """
    ours, theirs = own.surroundings(key), original.surroundings(original.tensor(key))
    by_weights = {layer.weights: layer for layer in own.layers}
    said = []
    for weights in sorted(ours.layers & theirs.layers & set(by_weights)):
        said += _attributes(own, by_weights[weights], original, weights)
    said += layer_surroundings.compare(theirs, ours)
    if not said:
        return ""
    before = listed(sorted(ours.layers), _SHOWN)
    return (f"after {before} it has " if before else "it has ") + "; ".join(said)


def read_activation(own: OwnLayers, original: OriginalNetwork, key: str) -> str:
    """Another activation before a tensor, in words, where the values do not show it.

    The weights may never take it to 6, where Relu6 and Relu begin to differ; fine-tuning may.

    Args:
      own: our layers.
      original: the graph's.
      key: of the tensor.
    """
    ours, theirs = own.surroundings(key), original.surroundings(original.tensor(key))
    is_bounded = any(op in theirs.others for op in ("Maximum", "Minimum"))  # an activation, too
    # One that several layers share is one operation here and several there.
    is_same = set(theirs.activations) == set(ours.activations)
    if is_bounded or is_same or theirs.layers != ours.layers:
        return ""
    return layer_surroundings.compare_activations(theirs, ours)


def match_endpoints(own: OwnLayers, original: OriginalNetwork) -> None:
    """Finds in an original graph the endpoints that feed no layer, and makes them its targets.

    They are matched by what lies before them; those that more than one tensor could be are not.
    """
    if not own.endpoints:
        return
    inside = original.between_layers()
    looks = [(original.surroundings(name), name) for name in inside]
    for key in own.endpoints:
        ours = own.surroundings(key)
        op = layer_surroundings.plain_operation(own.nodes.op(node_of(own.targets[key])))
        found = [
            name
            for theirs, name in looks
            if layer_surroundings.plain_operation(original.nodes.op(name)) == op
            and layer_surroundings.are_alike(theirs, ours)
        ]
        if len(found) == 1:
            original.endpoints[key] = found[0]


def _attributes(own: OwnLayers, ours: Layer, original: OriginalNetwork, weights: str) -> list[str]:
    """How one convolution differs from the other with the same weights."""
    mine = own.nodes.by_name[ours.node]
    other = original.layer(weights)
    said = []
    for attribute, word in (("strides", "a stride"), ("dilations", "a dilation")):
        found, wanted = (_pair(node, attribute) for node in (other, mine))
        if found != wanted:
            said.append(f"{word} of {found}, not {wanted}, in {weights}")
    found, wanted = (node.attr["padding"].s.decode(errors="replace") for node in (other, mine))
    if found != wanted:
        said.append(f"the padding {found}, not {wanted}, in {weights}")
    return said


def _pair(node: Any, attribute: str) -> list[int]:
    """Height and width of an attribute of a convolution, which is 1 by default."""
    values = list(node.attr[attribute].list.i)
    is_first = node.attr["data_format"].s == b"NCHW"
    return (values[2:] if is_first else values[1:3]) or [1, 1]
