"""The network in a graph of its owner: where it begins and ends, and what it computes."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from slimhub.export.verify.original import function_calls, layer_surroundings
from slimhub.export.verify.original.graph_nodes import VARIABLES, GraphNodes, node_of
from slimhub.export.verify.original.layer_surroundings import Surroundings
from slimhub.export.verify.original.refusal import NotComparableError
from slimhub.export.verify.original.stateless_operations import FUSED_NORMS, QUANTIZATION, RANDOM
from slimhub.export.verify.original.weighted_layers import (
    Layer,
    feed_of,
    find_layers,
    is_variable,
)
from slimhub.nets import is_statistic

_TO_THE_LOGITS = ("Add", "AddV2", "BiasAdd", "Identity", "Reshape", "Squeeze")
_PRODUCTS = ("Div", "Mul", "RealDiv")  # of dropout
_CHOICES = ("Select", "SelectV2")
_TO_THE_FEATURES = (*_PRODUCTS, *_CHOICES, "Identity", "Reshape", "Squeeze")
_MOST_STEPS = 16  # operations between the last layers and the output
_MAX_ENDS = 16  # of a graph without logits; more is no network's


class OriginalNetwork:
    """One tower of a graph, from its first layer on.

    Attributes:
      nodes: of the graph.
      known: names in the graph of the variables of our network.
      layers: by the name of the weights in our network, but for those behind dropout.
      absent: weights of our network that the tower does not use.
      feed: the tensor of images in the network's range.
      endpoints: tensors by the names of endpoints that feed no layer, where they were found.
      outputs: tensors that may be the output, the likeliest first; empty where none was found.
      is_training: whether its batch norms use the statistics of the batch.
      is_quantized: whether it was written to be trained for quantization, which is left out.
    """

    def __init__(
        self, graph: Any, weights: Sequence[str], shapes: Mapping[str, tuple[int, ...]], head: str
    ) -> None:
        """Finds the network.

        Args:
          graph: a GraphDef.
          weights: of our network's layers, in order.
          shapes: of all our network's variables.
          head: pattern of names of the variables of the logits.

        Raises:
          NotComparableError: where it is not there, or not of these shapes.
        """
        self.nodes = GraphNodes(function_calls.inline(graph))
        self.prefix = _prefix(self.nodes, weights[0])
        self.known = {self.prefix + name for name in shapes}
        self._require_shapes(shapes)
        everything = find_layers(self.nodes, self.nodes.by_name, self.known)
        first = self.prefix + weights[0]
        self._reached: dict[str, set[str]] = {}
        towers = [self._tower(start, everything) for start in everything if start.weights == first]
        if not towers:
            raise NotComparableError(f"no layer of it applies {first} to images")
        modes = [(self._is_training(tower), tower) for tower in towers]
        self.is_training, tower = min(modes, key=lambda mode: mode[0])
        self.feed = feed_of(self.nodes, tower[weights[0]])
        random = self._behind_dropout()
        self.layers = {
            name: tower[name]
            for name in weights
            if name in tower and node_of(tower[name].data) not in random
        }
        if weights[0] not in self.layers:
            raise NotComparableError("dropout comes before its first layer")
        self.absent = [name for name in weights if name not in tower]
        self._names_of_layers = {layer.node: name for name, layer in tower.items()}
        self.endpoints: dict[str, str] = {}
        self.outputs = self._outputs(tower, weights, random, re.compile(head))
        used = self.nodes.ancestors(self.targets().values(), self.feed.__eq__)
        self.is_quantized = any(self.nodes.op(name) in QUANTIZATION for name in used)
        self._read = {name for name in used if self.nodes.op(name) in VARIABLES}

    def image_size(self) -> tuple[int, int] | None:
        """Height and width of the images that it was built for, pixels; None where it takes any."""
        name, _, index = self.feed.partition(":")
        found = self.nodes.by_name[name].attr["_output_shapes"].list.shape
        shapes = [found[int(index or 0)]] if len(found) > int(index or 0) else []
        before = self.nodes.ancestors([self.feed])
        pixels = [self.nodes.by_name[n] for n in before if self.nodes.op(n) == "Placeholder"]
        shapes += [node.attr["shape"].shape for node in pixels]
        for shape in shapes:
            height, width = ([dim.size for dim in shape.dim] or [-1, -1, 3])[-3:-1]
            if height > 0 and width > 0:
                return height, width
        return None

    def targets(self) -> dict[str, str]:
        """Tensors to compute: what feeds each layer, by its weights, endpoints, and outputs."""
        inputs = {name: layer.data for name, layer in self.layers.items()}
        outputs = {f"output {i}": tensor for i, tensor in enumerate(self.outputs)}
        return inputs | self.endpoints | outputs

    def tensor(self, key: str) -> str:
        """A tensor by the weights that it feeds or the name of the endpoint; else the output."""
        if key in self.layers:
            return self.layers[key].data
        return self.endpoints.get(key) or self.outputs[0]

    def surroundings(self, tensor: str) -> Surroundings:
        """What lies between a tensor and the layers before it; names as our network has them."""
        found = layer_surroundings.look(
            self.nodes, tensor, self._names_of_layers, self.feed, self.known
        )
        gammas = frozenset(name.removeprefix(self.prefix) for name in found.gammas)
        return dataclasses.replace(found, gammas=gammas)

    def between_layers(self) -> list[str]:
        """Names of the nodes that depend on the first layer and feed a later one or the output."""
        start = self.layers[next(iter(self.layers))].node
        used = self.nodes.ancestors(self.targets().values(), self.feed.__eq__)
        return [n for n in used if n in self._reached[start] and n not in self._names_of_layers]

    def layer(self, weights: str) -> Any:
        """The convolution or matrix product with some weights, as a NodeDef."""
        names = [node for node, name in self._names_of_layers.items() if name == weights]
        return self.nodes.by_name[names[0]]

    def missing_variables(self, tensor: str, values: Collection[str]) -> list[str]:
        """Names of the variables that a tensor depends on, and that have no value.

        Args:
          tensor: one of the targets.
          values: names of the variables that have one.
        """
        if self._read <= set(values):  # mostly, and to look at each target takes seconds
            return []
        needed = self.nodes.ancestors([tensor], self.feed.__eq__)
        return [name for name in needed if name in self._read and name not in values]

    def other_variables(self) -> list[str]:
        """Names of the variables that the targets depend on, and that our network does not have."""
        return sorted(self._read - self.known)

    def _tower(self, start: Layer, everything: Sequence[Layer]) -> dict[str, Layer]:
        """The layers that depend on a first one, and itself, by the names of their weights."""
        reached = self._reached[start.node] = self.nodes.descendants(start.node)
        tower: dict[str, Layer] = {}
        for layer in everything:
            if layer.node in reached:
                tower.setdefault(layer.weights.removeprefix(self.prefix), layer)
        return tower

    def _is_training(self, tower: Mapping[str, Layer]) -> bool:
        read = self.nodes.ancestors([layer.node for layer in tower.values()])
        statistics = {name for name in self.known if is_statistic(name)}
        uses_moving = bool(statistics & set(read))
        nodes = [self.nodes.by_name[name] for name in read if name in self.nodes.by_name]
        if uses_moving and any(n.op in FUSED_NORMS and _is_of_batch(n) for n in nodes):
            raise NotComparableError("some of its batch norms are in training mode, others not")
        has_norms = any(node.op in (*FUSED_NORMS, "Rsqrt", "Sqrt") for node in nodes)
        if statistics and not uses_moving and not has_norms:
            raise NotComparableError("its batch norms were folded into the weights, or it has none")
        return bool(statistics) and not uses_moving

    def _behind_dropout(self) -> set[str]:
        """Nodes whose values are others each time; changes of the images before are none of it."""
        before = self.nodes.ancestors([self.feed])
        found: set[str] = set()
        for name in self.nodes.by_name:
            if self.nodes.op(name) in RANDOM and name not in before:
                found |= self.nodes.descendants(name)
        return found

    def _outputs(
        self,
        tower: Mapping[str, Layer],
        weights: Sequence[str],
        random: set[str],
        head: re.Pattern[str],
    ) -> list[str]:
        logits = [name for name in tower if head.search(name)]
        ours = [name for name in logits if name in weights]
        if ours:  # the logits are wanted
            return [] if node_of(tower[ours[-1]].data) in random else self._logits(tower[ours[-1]])
        if logits:
            return [self._before_dropout(tower[logits[0]].data, random)]
        last = [tower[name].node for name in weights if name in tower][-1]
        return self._ends(last, random)

    def _logits(self, layer: Layer) -> list[str]:
        name = layer.node
        for _ in range(_MOST_STEPS):
            consumers = self.nodes.consumers(name)
            name = next((n for n in consumers if self.nodes.op(n) in _TO_THE_LOGITS), name)
        return [name]

    def _before_dropout(self, tensor: str, random: set[str]) -> str:
        """The features: what dropout and changes of shape make the logits' input of."""
        in_dropout = False
        for _ in range(_MOST_STEPS):
            if (op := self.nodes.op(node_of(tensor))) not in _TO_THE_FEATURES:
                break
            feeding = self.nodes.inputs(node_of(tensor))
            if op in _CHOICES:
                if node_of(feeding[0]) not in random:
                    break
                in_dropout, tensor = True, feeding[1]
                continue
            if op in _PRODUCTS:
                is_kept = node_of(feeding[1]) in random  # or not, for each value
                scales = self.nodes.op(node_of(feeding[1])) == "Const"
                if not is_kept and not (in_dropout and scales):
                    break
                in_dropout = True
            tensor = feeding[0]
        return tensor

    def _ends(self, last: str, random: set[str]) -> list[str]:
        """What nothing else depends on, latest first."""
        ends = [
            name
            for name in self.nodes.descendants(last)
            if name not in random and not self.nodes.consumers(name)
        ]
        order = {name: i for i, name in enumerate(self.nodes.by_name)}
        latest = sorted(ends, key=order.__getitem__, reverse=True)
        return list(dict.fromkeys(map(self.nodes.live, latest)))[:_MAX_ENDS]

    def _require_shapes(self, shapes: Mapping[str, tuple[int, ...]]) -> None:
        for name, shape in shapes.items():
            node = self.nodes.by_name.get(self.prefix + name)
            if node is None or not is_variable(self.nodes, node.name, self.known):
                continue
            said = node.attr["shape"].shape if node.op != "Const" else node.attr["value"].tensor
            dims = said.tensor_shape.dim if node.op == "Const" else said.dim
            if (found := tuple(dim.size for dim in dims)) != tuple(shape):
                raise NotComparableError(
                    f"it is of another network: its {name} has the shape {list(found)}, and the "
                    f"network's {list(shape)}"
                )


def _is_of_batch(norm: Any) -> bool:
    """Whether a fused batch norm uses the statistics of the batch, as it does by default."""
    return "is_training" not in norm.attr or bool(norm.attr["is_training"].b)


def _prefix(nodes: GraphNodes, variable: str) -> str:
    """What stands in front of the names of variables in a graph."""
    if variable in nodes.by_name:
        return ""
    found = [name for name in nodes.by_name if name.endswith(f"/{variable}")]
    found = [name for name in found if is_variable(nodes, name, [name])]
    if len(found) != 1:
        raise NotComparableError(f"it has no variable {variable}")
    return found[0].removesuffix(variable)
