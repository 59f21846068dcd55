"""The network in its owner's graph: where it begins and ends, and what it computes."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from slimhub.export.verify.original import (
    ends,
    function_calls,
    image_sizes,
    layer_surroundings,
    random_masks,
    towers,
)
from slimhub.export.verify.original.graph_nodes import VARIABLES, GraphNodes, node_of
from slimhub.export.verify.original.layer_surroundings import Surroundings
from slimhub.export.verify.original.refusal import NotComparableError
from slimhub.export.verify.original.stateless_operations import FUSED_NORMS, QUANTIZATION
from slimhub.export.verify.original.tails import Tail
from slimhub.export.verify.original.towers import Tower
from slimhub.export.verify.original.weighted_layers import Layer, find_layers, is_variable


class OriginalNetwork:
    """One tower of a graph, from its first layer on.

    Attributes:
      nodes: of the graph.
      known: names in the graph of our network's variables.
      layers: by the name of the weights in our network, except those behind random values.
      absent: weights of our network that the tower does not use.
      behind_random: weights of our network that the tower applies to random values.
      head: the layer of the logits, None where it has none.
      feed: the tensor of images in the network's range.
      endpoints: tensors by the names of endpoints that feed no layer, where they were found.
      unfollowed: types of operations on the logits that are not compared.
      outputs: tensors that may be the output, the likeliest first; empty where none was found.
      is_training: whether its batch norms use the statistics of the batch.
      is_quantized: whether it was written to be trained for quantization, which is left out.
      is_fused: whether its batch norms are one operation each.
      has_dropout: whether it has dropout, which is left out.
    """

    def __init__(
        self,
        nodes: GraphNodes,
        tower: Tower,
        prefix: str,
        known: Collection[str],
        weights: Sequence[str],
        head: str,
    ) -> None:
        """Reads a tower.

        Args:
          nodes: of the graph, which leave out its dropout from then on.
          tower: where it is.
          prefix: of the names of variables in the graph.
          known: names in the graph of the variables of our network.
          weights: of our network's layers, in order.
          head: pattern of names of the variables of the logits.

        Raises:
          NotComparableError: where nothing of it can be compared.
        """
        self.nodes, self.prefix, self.known = nodes, prefix, set(known)
        self.is_training, self.feed = tower.is_training, tower.feed
        random = self._leave_dropout_out(tower.layers[weights[0]].node)
        self._order = list(weights)
        # Read again: dropout may have been before some of them.
        again = find_layers(self.nodes, [layer.node for layer in tower.layers.values()], self.known)
        layers = {layer.weights.removeprefix(self.prefix): layer for layer in again}
        _require_order_of_channels(self.nodes, layers)
        self.layers = {
            name: layers[name]
            for name in weights
            if name in layers and node_of(layers[name].data) not in random
        }
        if weights[0] not in self.layers:
            raise NotComparableError("random values come before its first layer")
        self.absent = [name for name in weights if name not in layers]
        self.behind_random = [n for n in weights if n in layers and n not in self.layers]
        self._names_of_layers = {layer.node: name for name, layer in layers.items()}
        self.endpoints: dict[str, str] = {}
        logits = [layer for name, layer in layers.items() if re.search(head, name)]
        self.head = logits[0] if logits else None
        self.unfollowed: list[str] = []
        self._equal: list[str] = []
        self.outputs = self._outputs(weights, random)
        self._settle()

    def _settle(self) -> None:
        """Updates what the targets depend on, after the targets have changed."""
        self._used = self.nodes.ancestors(self.targets().values(), self.feed.__eq__)
        self.is_quantized = any(self.nodes.op(name) in QUANTIZATION for name in self._used)
        self.is_fused = any(self.nodes.op(name) in FUSED_NORMS for name in self._used)
        self._read = {name for name in self._used if self.nodes.op(name) in VARIABLES}

    @property
    def is_cut_off(self) -> bool:
        """Whether it ends before our network does: the last layers do not exist in the graph."""
        tail = self._order[len(self._order) - len(self.absent) :]
        is_there = any(self.prefix + name in self.nodes.by_name for name in self.absent)
        return bool(self.absent) and tail == self.absent and not is_there

    def choose_outputs(self, is_alike: Callable[[Surroundings], bool]) -> None:
        """Of the tensors that may be the output, keeps those that are computed like ours, if any.

        The owner may have added more behind the output: another head, a norm, losses.

        Args:
          is_alike: takes what precedes a tensor, returns whether it is computed like ours.
        """
        alike = [tensor for tensor in self.outputs if is_alike(self.surroundings(tensor))]
        self.outputs = (alike or self.outputs)[: ends.MOST]
        self._settle()

    def choose_output(self, tensor: str, equal: Sequence[str]) -> None:
        """Settles which tensor the output is.

        Args:
          tensor: the output.
          equal: tensors that have the same values, and itself.
        """
        self.outputs, self._equal = [tensor], list(equal)

    def tail(self) -> Tail:
        """What is behind its last layer, past the output where that was found."""
        last = next(name for name in reversed(self._order) if name in self.layers)
        return Tail(self.nodes, self.layers[last].node, self._equal, self.prefix)

    def own_names(self) -> list[str]:
        """Names in our network of its variables."""
        return [name.removeprefix(self.prefix) for name in self.known]

    def image_size(self) -> tuple[int, int] | None:
        """Height and width of the images that it was built for, pixels; None where it takes any."""
        return image_sizes.find(self.nodes, self.feed)

    def targets(self) -> dict[str, str]:
        """Tensors to compute: what feeds each layer, by its weights; endpoints; and outputs."""
        inputs = {name: layer.data for name, layer in self.layers.items()}
        outputs = {f"output {i}": tensor for i, tensor in enumerate(self.outputs)}
        return inputs | self.endpoints | outputs

    def tensor(self, key: str) -> str:
        """A tensor by the weights that it feeds or the name of the endpoint; or else the output."""
        if key in self.layers:
            return self.layers[key].data
        return self.endpoints.get(key) or self.outputs[0]

    def surroundings(self, tensor: str) -> Surroundings:
        """What lies between a tensor and the layers before it; with our network's names."""
        found = layer_surroundings.look(
            self.nodes, tensor, self._names_of_layers, self.feed, self.known
        )
        gammas = frozenset(name.removeprefix(self.prefix) for name in found.gammas)
        return dataclasses.replace(found, gammas=gammas)

    def between_layers(self) -> list[str]:
        """Names of the nodes that depend on the first layer and feed a later one or the output."""
        start = self.layers[next(iter(self.layers))].node
        reached = self.nodes.descendants(start)
        return [n for n in self._used if n in reached and n not in self._names_of_layers]

    def layer(self, weights: str) -> Any:
        """The convolution or matrix product with certain weights, as a NodeDef."""
        names = [node for node, name in self._names_of_layers.items() if name == weights]
        return self.nodes.by_name[names[0]]

    def missing_variables(self, tensor: str, values: Collection[str]) -> list[str]:
        """Names of the variables that a tensor depends on and that have no value.

        Args:
          tensor: one of the targets.
          values: names of the variables that have one.
        """
        if self._read <= set(values):  # usually; checking each target takes seconds
            return []
        needed = self.nodes.ancestors([tensor], self.feed.__eq__)
        return [name for name in needed if name in self._read and name not in values]

    def other_variables(self) -> list[str]:
        """Names of variables that our network does not have, but the targets or the scaling use."""
        before = self.nodes.ancestors([self.feed])
        scaling = {name for name in before if self.nodes.op(name) in VARIABLES}
        return sorted((self._read | scaling) - self.known)

    def _leave_dropout_out(self, first: str) -> set[str]:
        """Bypasses dropout behind the first layer; gives nodes that are random all the same."""
        images = self.nodes.ancestors([self.feed])
        reached = self.nodes.descendants(first)
        instead, random = random_masks.find(self.nodes, images, reached)
        self.has_dropout = bool(instead)
        self.nodes.bypass(instead)
        return random

    def _outputs(self, weights: Sequence[str], random: set[str]) -> list[str]:
        """Tensors that may be the output; see `ends`."""
        if self.head is not None:
            is_wanted = self.head.weights.removeprefix(self.prefix) in weights
            found, self.unfollowed = ends.logits(self.nodes, self.head, self.known)
            found = found if is_wanted else self.head.data
            return [] if node_of(found) in random else [found]
        present = [self.layers[name].node for name in weights if name in self.layers]
        return [] if self.absent else ends.find(self.nodes, present, random)


def read(
    graph: Any,
    weights: Sequence[str],
    shapes: Mapping[str, tuple[int, ...]],
    head: str,
    scope: str = "",
) -> tuple[list[OriginalNetwork], list[str]]:
    """The towers of a graph that differ from each other; mostly one.

    Args:
      graph: a GraphDef.
      weights: of our network's layers, in order.
      shapes: of all our network's variables.
      head: pattern of names of the variables of the logits.
      scope: prefix of the names in the checkpoint, with a slash at its end.

    Returns:
      The towers, all in one mode; then what of the graph is left out, in words.

    Raises:
      NotComparableError: where the network is not there, or not of these shapes.
    """
    plain = function_calls.inline(graph)
    nodes = GraphNodes(plain)
    prefix = _prefix(nodes, weights[0], scope)
    known = {prefix + name for name in shapes}
    _require_shapes(nodes, prefix, shapes)
    found, left_out = towers.find(nodes, weights[0], prefix, known)
    networks = []
    for i, tower in enumerate(found):
        own = nodes if i == len(found) - 1 else GraphNodes(plain)
        networks.append(OriginalNetwork(own, tower, prefix, known, weights, head))
    return networks, left_out


def _require_shapes(nodes: GraphNodes, prefix: str, shapes: Mapping[str, tuple[int, ...]]) -> None:
    known = {prefix + name for name in shapes}
    for name, shape in shapes.items():
        node = nodes.by_name.get(prefix + name)
        if node is None or not is_variable(nodes, node.name, known):
            continue
        said = node.attr["shape"].shape if node.op != "Const" else node.attr["value"].tensor
        dims = said.tensor_shape.dim if node.op == "Const" else said.dim
        if (found := tuple(dim.size for dim in dims)) != tuple(shape):
            raise NotComparableError(
                f"it belongs to another network: its {name} has the shape {list(found)}, and the "
                f"network's {list(shape)}"
            )


def _require_order_of_channels(nodes: GraphNodes, tower: Mapping[str, Layer]) -> None:
    for layer in tower.values():
        if nodes.by_name[layer.node].attr["data_format"].s == b"NCHW":
            raise NotComparableError(
                "its layers have channels before height and width (NCHW), which only GPUs compute"
            )


def _prefix(nodes: GraphNodes, variable: str, scope: str) -> str:
    """The prefix of variable names in a graph."""
    for prefix in (scope, ""):
        if f"{prefix}{variable}" in nodes.by_name:
            return prefix
        if any(name.startswith(f"{prefix}{variable}/part_") for name in nodes.by_name):
            raise NotComparableError(f"its variables are partitioned: {prefix}{variable}")
    found = [name for name in nodes.by_name if name.endswith(f"/{variable}")]
    found = [name for name in found if is_variable(nodes, name, [name])]
    if len(found) != 1:
        raise NotComparableError(f"it does not have the variable {variable}")
    return found[0].removesuffix(variable)
