"""Where an original graph and our network part. Imports TensorFlow."""

from __future__ import annotations

import dataclasses
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
from slimhub.export.verify.reference.source_network import SourceNetwork

OUTPUT = "output"  # key of the output, beside the weights of layers
_SHOWN = 2


@dataclasses.dataclass(frozen=True)
class Arrays:
    """Values by the weights of the layer that they feed, in the order of our network.

    Attributes:
      ours: of our network.
      nudged: the same after a change of the last bit of every pixel.
      theirs: of the original graph; those that it could not compute are not there.
      stopped: why it could not, in words; empty where it could.
      outputs: what may be the output of the original graph.
    """

    ours: dict[str, np.ndarray]
    nudged: dict[str, np.ndarray]
    theirs: dict[str, np.ndarray]
    stopped: str


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
        tensor = tensor.removesuffix(":0")
        while self.nodes.op(node_of(tensor)) in ("Identity", "Reshape", "Squeeze"):
            tensor = self.nodes.inputs(node_of(tensor))[0]
        return tensor


def compute(
    network: SourceNetwork,
    own: OwnLayers,
    original: OriginalNetwork,
    images: np.ndarray,
    values: Mapping[str, np.ndarray],
) -> Arrays:
    """Runs both.

    Args:
      network: ours.
      own: its layers.
      original: the graph's.
      images: f32[batch, size, size, 3] in [0, 1].
      values: of all variables that the original graph may read, by name in the graph.

    Raises:
      NotComparableError: where nothing of the original graph can be run.
    """
    targets = own.targets
    nudged_images = np.nextafter(images, np.float32(2))
    ours = network.run(targets | {"": own.feed}, images)
    nudged = network.run(targets, nudged_images)
    wanted = {key: t for key, t in original.targets().items() if _is_filled(original, t, values)}
    part = RunnablePart(original.nodes, wanted, original.feed, original.known)
    theirs, stopped = _as_far_as_possible(part, ours.pop(""), values, list(wanted))
    outputs = [theirs.pop(key) for key in list(theirs) if key.startswith(f"{OUTPUT} ")]
    if (output := _likeliest(outputs, ours[OUTPUT])) is not None:
        theirs[OUTPUT] = output
    return Arrays(ours, nudged, theirs, stopped)


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


def _is_filled(original: OriginalNetwork, tensor: str, values: Mapping[str, np.ndarray]) -> bool:
    return not original.missing_variables(tensor, values)


def _likeliest(outputs: Sequence[np.ndarray], ours: np.ndarray) -> np.ndarray | None:
    """Of several ends of a graph the one that is the output: of its width, and closest to it.

    An end that equals the features to the last digits is nothing else; where none does, the
    latest of that width is compared.
    """
    fitting = [o.reshape(ours.shape) for o in outputs if o.size == ours.size and o.ndim > 1]
    if not fitting:
        return None
    return min(fitting, key=lambda o: float(np.abs(o - ours).max()))


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
