"""The layers of our network, for comparison with an original graph. Imports TensorFlow."""

from __future__ import annotations

import re
from collections.abc import Sequence

from slimhub.export.verify.original import layer_surroundings
from slimhub.export.verify.original.graph_nodes import GraphNodes, node_of
from slimhub.export.verify.original.layer_surroundings import Surroundings
from slimhub.export.verify.original.stateless_operations import FUSED_NORMS
from slimhub.export.verify.original.weighted_layers import feed_of, find_layers
from slimhub.export.verify.reference.source_network import SourceNetwork

OUTPUT = "output"  # key of the output, besides the weights of layers


class OwnLayers:
    """The layers of our network, as its own graph has them.

    Attributes:
      nodes: of the graph.
      layers: in the order of the graph.
      output: the tensor of the features, or of the logits.
      feed: the tensor of images in the network's range.
      targets: tensors in graph order, by the weights of the layer that they feed or, if they feed
        none, by the name of the endpoint; and the output.
      endpoints: names of these endpoints.
      head: the logits layer, if it is not among `layers`.
      is_fused: whether its batch norms are one operation each.
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
        others = find_layers(self.nodes, [n for n in self.nodes.by_name if n not in used])
        is_head = re.compile(network.spec.head).search
        heads = (layer for layer in others if is_head(layer.weights))
        # The graph may also hold the network for inference, with a head of its own.
        features = node_of(self.output)
        self.head = next((h for h in heads if features in self.nodes.ancestors([h.data])), None)
        self.is_fused = any(self.nodes.op(name) in FUSED_NORMS for name in used)
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
        """How many endpoints are among some targets, and how many there are."""
        compared = {self._plain(self.targets[key]) for key in keys}
        return len(compared & set(self._named)), len(self._named)

    def _plain(self, tensor: str) -> str:
        """A tensor without operations that only change its shape."""
        return self.nodes.behind(tensor.removesuffix(":0"), ("Identity", "Reshape", "Squeeze"))
