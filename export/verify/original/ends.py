"""Finds where a network in an original graph ends, and what its owner added behind it begins."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from slimhub.export.verify.original import logit_uses
from slimhub.export.verify.original.graph_nodes import GraphNodes, node_of
from slimhub.export.verify.original.stateless_operations import QUANTIZATION, RUN
from slimhub.export.verify.original.weighted_layers import LAYERS, READS, Layer, is_variable

MOST = 8  # tensors that are computed to find the output among them
_MOST_LOOKED_AT = 256  # nodes behind the last layers; a loss has less
_SUMS = ("Add", "AddV2", "BiasAdd")
_MOST_STEPS = 16  # operations between the last layer and the logits


def logits(nodes: GraphNodes, head: Layer, known: Collection[str]) -> tuple[str, list[str]]:
    """The logits: what the last layer makes, with its bias, and what the graph changes there.

    Args:
      nodes: of the graph.
      head: the layer of the logits.
      known: names of variables, which constants may stand for.

    Returns:
      The name of their node; then types of operations on them that are not compared.
    """
    name = head.node
    for _ in range(_MOST_STEPS):
        following = [n for n in nodes.consumers(name) if _leads_on(nodes, n, name, known)]
        if not following:
            break
        name = following[0]
    return logit_uses.find(nodes, name)


def find(nodes: GraphNodes, layers: Sequence[str], random: Collection[str]) -> list[str]:
    """Tensors that may be the features, the last first.

    Excludes everything behind the owner's own layers, and everything that cannot be run.

    Args:
      nodes: of the graph.
      layers: names of the nodes of the network's layers, in order.
      random: nodes whose values change with every run.
    """
    foreign: set[str] = set()
    own = set(layers)
    reached = nodes.descendants(layers[-1])
    found: list[str] = []
    for name in nodes.ancestors(sorted(reached)):
        if name not in reached or name in random:
            continue
        feeding = {node_of(tensor) for tensor in nodes.inputs(name)}
        is_layer = nodes.op(name) in LAYERS and name not in own
        if is_layer or feeding & foreign or nodes.op(name) not in RUN | QUANTIZATION:
            foreign.add(name)
        elif len(found) < MOST:
            found.append(name)
    order = {name: i for i, name in enumerate(nodes.by_name)}
    return sorted(found, key=order.__getitem__, reverse=True)


def _leads_on(nodes: GraphNodes, name: str, before: str, known: Collection[str]) -> bool:
    """Whether a node only adds a bias or changes the shape."""
    if nodes.op(name) not in _SUMS:
        return nodes.op(name) in logit_uses.SAME and node_of(nodes.inputs(name)[0]) == before
    others = [tensor for tensor in nodes.inputs(name) if node_of(tensor) != before]
    behind = [node_of(nodes.behind(tensor, READS)) for tensor in others]
    return len(behind) == 1 and is_variable(nodes, behind[0], known)
