"""The towers of a graph: each use of the network's layers, from its first one on."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from slimhub.export.verify.original.graph_nodes import GraphNodes, node_of
from slimhub.export.verify.original.refusal import NotComparableError
from slimhub.export.verify.original.stateless_operations import FUSED_NORMS, RUN
from slimhub.export.verify.original.weighted_layers import LAYERS, Layer, feed_of, find_layers
from slimhub.nets import is_statistic

_NORMS = ("/BatchNorm/", "/batch_normalization/")  # scopes of norms beside the weights of a layer
_MOST = 3  # towers that are compared; those of several graphics cards are all the same
_FEW = 0.5  # of the layers of the largest tower: less is a part of the network, used once more
_BEHIND = 8  # operations behind the last layer that tell towers apart
_NAMES = ("seed", "seed2", "container", "shared_name", "_class", "_output_shapes")


@dataclasses.dataclass(frozen=True)
class Tower:
    """One use of the layers.

    Attributes:
      layers: by the name of their weights in our network.
      feed: the tensor of images in the network's range.
      is_training: whether its batch norms use the statistics of the batch.
    """

    layers: dict[str, Layer]
    feed: str
    is_training: bool


def find(
    nodes: GraphNodes, first: str, prefix: str, known: Collection[str]
) -> tuple[list[Tower], list[str]]:
    """The towers that differ from each other, of inference where there is one.

    Args:
      nodes: of the graph.
      first: name in our network of the weights of its first layer.
      prefix: of the names in the graph.
      known: names in the graph of the variables of our network.

    Returns:
      The towers, all in one mode; then what is left out, in words.

    Raises:
      NotComparableError: where there is none, or none whose mode is plain.
    """
    everything = find_layers(nodes, nodes.by_name, known)
    starts = [layer for layer in everything if layer.weights == prefix + first]
    uses = [_layers_of(nodes, start, everything, prefix) for start in starts]
    if not uses:
        raise NotComparableError(f"no layer of it applies {prefix}{first} to images")
    most = max(len(layers) for layers in uses)
    large = [layers for layers in uses if len(layers) >= most * _FEW]
    left_out = [
        f"a tower with only {len(use)} of its layers was not compared"
        for use in uses
        if use not in large
    ]
    found, errors = [], []
    for layers in large:
        try:
            is_training = _is_training(nodes, layers, prefix, known)
            found.append(Tower(layers, feed_of(nodes, layers[first]), is_training))
        except NotComparableError as error:
            errors.append(error)
    if not found:
        raise errors[0]
    left_out += [f"another tower was not compared: {error}" for error in errors]
    mode = min(tower.is_training for tower in found)
    if any(tower.is_training != mode for tower in found):
        left_out.append("its training tower was not compared")
    different = _different(nodes, [tower for tower in found if tower.is_training == mode])
    if len(different) > _MOST:
        left_out.append(f"{len(different) - _MOST} more towers were not compared")
    return different[:_MOST], list(dict.fromkeys(left_out))


def _layers_of(
    nodes: GraphNodes, start: Layer, everything: Sequence[Layer], prefix: str
) -> dict[str, Layer]:
    """The layers that depend on a first one, and itself, by the names of their weights."""
    reached = nodes.descendants(start.node)
    layers: dict[str, Layer] = {}
    for layer in everything:
        if layer.node in reached:
            layers.setdefault(layer.weights.removeprefix(prefix), layer)
    return layers


def _is_training(
    nodes: GraphNodes, layers: Mapping[str, Layer], prefix: str, known: Collection[str]
) -> bool:
    read = nodes.ancestors([layer.node for layer in layers.values()])
    statistics = {name for name in known if is_statistic(name)}
    uses_moving = bool(statistics & set(read))
    used = [nodes.by_name[name] for name in read if name in nodes.by_name]
    if uses_moving and any(n.op in FUSED_NORMS and _is_of_batch(n) for n in used):
        raise NotComparableError("some of its batch norms are in training mode, others not")
    has_norms = any(node.op in (*FUSED_NORMS, "Rsqrt", "Sqrt") for node in used)
    if statistics and not uses_moving and not has_norms:
        raise NotComparableError("its batch norms were folded into the weights, or it has none")
    if uses_moving and (frozen := _unread_norm(nodes, layers, prefix, statistics, set(read))):
        raise NotComparableError(
            f"some of its batch norms are in training mode, others not: {frozen} is not read"
        )
    return bool(statistics) and not uses_moving


def _unread_norm(
    nodes: GraphNodes,
    layers: Mapping[str, Layer],
    prefix: str,
    statistics: Collection[str],
    read: Collection[str],
) -> str:
    """A moving statistic that the norm of a layer before others does not use, or nothing."""
    inside = {layer.node for layer in layers.values()}
    inside &= set(nodes.ancestors(layer.data for layer in layers.values()))
    for name, layer in layers.items():
        scope = prefix + name.rpartition("/")[0]
        own = [s for s in statistics if any(s.startswith(scope + norm) for norm in _NORMS)]
        if layer.node in inside and own and not any(statistic in read for statistic in own):
            return sorted(own)[0]
    return ""


def _is_of_batch(norm: Any) -> bool:
    """Whether a fused batch norm uses the statistics of the batch, as it does by default."""
    return "is_training" not in norm.attr or bool(norm.attr["is_training"].b)


def _different(nodes: GraphNodes, towers: Sequence[Tower]) -> list[Tower]:
    """The towers without those that compute the same as one before them."""
    if len(towers) == 1:
        return list(towers)
    by_structure: dict[int, Tower] = {}
    for tower in towers:
        by_structure.setdefault(_structure(nodes, tower), tower)
    return list(by_structure.values())


def _structure(nodes: GraphNodes, tower: Tower) -> int:
    """A number that is the same for towers of the same operations, however they are called."""
    layers = list(tower.layers.values())
    behind = _behind(nodes, layers[-1].node)
    ends = [layer.node for layer in layers] + behind
    found: dict[str, int] = {}
    for name in nodes.ancestors(ends, tower.feed.__eq__):
        node = nodes.by_name.get(name)
        feeding = [(found.get(node_of(t), 0), t.partition(":")[2]) for t in nodes.inputs(name)]
        if node is None or not feeding:  # of values and variables all towers read the same
            found[name] = hash(_content(node) if node is not None else name)
        else:
            found[name] = hash((_content(node), tuple(feeding)))
    used = [(name, found.get(layer.node, 0)) for name, layer in tower.layers.items()]
    return hash((tuple(used), tuple(sorted(found.get(name, 0) for name in behind))))


def _content(node: Any) -> tuple[Any, ...]:
    """What a node computes, but for what it is applied to; of a variable, which one it is."""
    attributes = tuple(
        (key, node.attr[key].SerializeToString(deterministic=True))
        for key in sorted(node.attr)
        if key not in _NAMES
    )
    is_variable = node.op in ("Variable", "VariableV2", "VarHandleOp")
    return (node.op, attributes, node.name if is_variable else "")


def _behind(nodes: GraphNodes, last: str) -> list[str]:
    """Nodes that a few operations make of a layer, without other layers."""
    found, edge = {last}, [last]
    for _ in range(_BEHIND):
        following = [user for name in edge for user in nodes.consumers(name)]
        edge = [n for n in dict.fromkeys(following) if n not in found and nodes.op(n) in RUN]
        edge = [name for name in edge if nodes.op(name) not in LAYERS]
        found.update(edge)
    return sorted(found)
