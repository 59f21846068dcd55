"""What the owner of a graph put behind the network, past its features."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Collection, Iterator

from slimhub.checkpoints import unknown_layers
from slimhub.common.text import listed
from slimhub.export.verify.original.graph_nodes import VARIABLES, GraphNodes, node_of
from slimhub.export.verify.original.refusal import NotComparableError
from slimhub.export.verify.original.stateless_operations import RUN
from slimhub.export.verify.original.weighted_layers import LAYERS, READS, is_variable

_SAME = ("Identity", "Reshape", "Squeeze", "ExpandDims", "StopGradient")
_FILTERS = (*READS, "Cast", "Mul", "Transpose")  # between weights and the layer, as masks are
_POOLINGS = ("AvgPool", "Max", "MaxPool", "Mean", "Sum")


@dataclasses.dataclass(frozen=True)
class ForeignLayer:
    """A layer of the owner's that reads the last layer of the network, and not the features.

    Attributes:
      weights: name of the variable.
      inputs: channels that it takes; None where the graph does not tell.
      is_pooled: whether it takes one value of each channel.
    """

    weights: str
    inputs: int | None
    is_pooled: bool

    def is_instead(self, width: int) -> bool:
        """Whether what it reads looks like other features.

        Args:
          width: number of the features.
        """
        return self.is_pooled and self.inputs in (None, width)


class Tail:
    """The part of a graph behind the last layer of the network, but for what features lead to.

    Attributes:
      layers: of the owner's, that read something else than the features.
      is_gated: whether features are multiplied with what they are made of, as in squeeze-excite.
    """

    def __init__(
        self, nodes: GraphNodes, last: str, features: Collection[str], prefix: str = ""
    ) -> None:
        """Looks through a graph.

        Args:
          nodes: of the graph.
          last: name of the node of the last layer.
          features: tensors that are the features, empty where none are known.
          prefix: of the names of variables in the graph.
        """
        self._nodes, self._last, self._prefix = nodes, last, prefix
        ends = {node_of(nodes.behind(tensor, _SAME)) for tensor in features}
        self._past = _reached(nodes, [last], RUN - set(LAYERS), ends)
        self.layers = list(self._find_layers(ends))
        behind = _reached(nodes, ends, RUN | set(LAYERS), ())
        products = [n for n in behind - ends if nodes.op(n) == "Mul"]
        self.is_gated = any(self._is_gate(name, behind) for name in products)

    def complaint(
        self, names: Collection[str], head: str, scope: str, stored: Collection[str]
    ) -> str:
        """A layer under the network's own scope that it does not have, in words; empty for none.

        A layer that the checkpoint has values for is left over, which has been decided upon.

        Args:
          names: of our network's variables.
          head: pattern of names of the variables of the logits.
          scope: of the network, may be empty.
          stored: names of the checkpoint's tensors.
        """
        gone = [layer.weights for layer in self.layers if layer.weights not in stored]
        plain = {name.removeprefix(self._prefix): name for name in gone}
        inside = [name for name in plain if not re.search(head, name)]
        own = unknown_layers.find(inside, names, scope)
        if not own:
            return ""
        return (
            f"has a layer after the last one that the network does not have there, {own[0]}; the "
            f"checkpoint has no value for {plain[own[0]]}"
        )

    def told(self, width: int) -> str:
        """What is not compared behind the last layer, to be added to what a pass says.

        Args:
          width: number of the features.

        Raises:
          NotComparableError: where its features may be others than those that were compared.
        """
        for layer in self.layers:
            if layer.is_instead(width):
                raise NotComparableError(
                    f"its layer {layer.weights} reads features other than the ones that agree"
                )
        if self.is_gated:
            raise NotComparableError(
                "the features that agree scale the layer before them: the graph's own features may "
                "come after that"
            )
        names = listed([layer.weights for layer in self.layers], 2)
        return (
            f"; other layers read the last layer instead of the features: {names}" if names else ""
        )

    def _is_gate(self, name: str, behind: Collection[str]) -> bool:
        feeding = [node_of(tensor) for tensor in self._nodes.inputs(name)]
        is_past = [n in self._past and n not in behind for n in feeding]
        return any(is_past) and any(n in behind for n in feeding)

    def _find_layers(self, ends: Collection[str]) -> Iterator[ForeignLayer]:
        nodes = self._nodes
        users = dict.fromkeys(user for name in self._past for user in nodes.consumers(name))
        for name in users:
            if nodes.op(name) not in LAYERS or name == self._last:
                continue
            data, filters = nodes.inputs(name)[:2]
            weights = node_of(nodes.behind(filters, _FILTERS))
            if node_of(data) in self._past and is_variable(nodes, weights):
                pooled = nodes.ancestors([data], lambda t: node_of(t) in {self._last, *ends})
                is_pooled = any(nodes.op(n) in _POOLINGS for n in pooled)
                yield ForeignLayer(weights, self._channels(weights, nodes.op(name)), is_pooled)

    def _channels(self, weights: str, op: str) -> int | None:
        node = self._nodes.by_name[weights]
        is_stated = node.op in VARIABLES
        shape = node.attr["shape"].shape if is_stated else node.attr["value"].tensor.tensor_shape
        sizes = [dim.size for dim in shape.dim]
        at = 0 if op == "MatMul" else 2
        return sizes[at] if len(sizes) > at and sizes[at] > 0 else None


def _reached(
    nodes: GraphNodes, start: Collection[str], operations: Collection[str], stop: Collection[str]
) -> set[str]:
    """Nodes that depend on others by some operations alone, and these, as far as where it stops."""
    found, queue = set(start), list(start)
    while queue:
        for user in nodes.consumers(queue.pop()):
            if user not in found and user not in stop and nodes.op(user) in operations:
                found.add(user)
                queue.append(user)
    return found
