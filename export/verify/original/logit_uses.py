"""What a graph makes of its logits: the tensor that it takes for logits in the end."""

from __future__ import annotations

from collections.abc import Iterable

from slimhub.export.verify.original.graph_nodes import VARIABLES, GraphNodes, node_of
from slimhub.export.verify.original.stateless_operations import QUANTIZATION, RUN

SAME = ("Identity", "Reshape", "Squeeze", *QUANTIZATION)  # they leave logits what they are
# Operations that take logits, as their first input.
_TAKES = frozenset(
    {
        "ArgMax", "InTopK", "InTopKV2", "LogSoftmax", "Multinomial", "Sigmoid", "Softmax",
        "SoftmaxCrossEntropyWithLogits", "SparseSoftmaxCrossEntropyWithLogits", "TopK", "TopKV2",
    }
)  # fmt: skip
# They make one value of each logit, and of numbers that are the same for all images.
_CHANGES = frozenset(
    {
        "Abs", "Add", "AddV2", "BiasAdd", "Div", "Elu", "Exp", "LeakyRelu", "Log", "Maximum",
        "Minimum", "Mul", "Neg", "Pow", "RealDiv", "Relu", "Relu6", "Selu", "Softplus",
        "Softsign", "Sqrt", "Square", "Sub", "Tanh",
    }
)  # fmt: skip
_SEEN = RUN - {"Shape"} - _TAKES - set(SAME)
_MOST_STEPS = 64  # nodes between logits and what takes them


def find(nodes: GraphNodes, logits: str) -> tuple[str, list[str]]:
    """The tensor that a graph takes for logits, and operations that are not followed.

    Where no softmax, arg max or loss takes the logits as they are, but what a few operations make
    of them (a scale, a Relu), that is what the graph answers.

    Args:
      nodes: of the graph.
      logits: name of the node of the last layer with its bias.

    Returns:
      The name of the node; then types of other operations on logits that nothing is known to take.
    """
    same = _reached(nodes, [logits], SAME)
    uses = [n for n in _users(nodes, same) if n not in same]
    if any(nodes.op(name) in _TAKES for name in uses):
        return logits, []
    changed = _reached(nodes, same, (*SAME, *_CHANGES))
    taken = [t for t in changed if any(nodes.op(n) in _TAKES for n in _users(nodes, [t]))]
    if taken:
        return taken[0], []
    return logits, sorted({nodes.op(name) for name in uses} & _SEEN)


def _reached(nodes: GraphNodes, start: Iterable[str], operations: Iterable[str]) -> list[str]:
    """Nodes, and those that operations alone make of them, the nearest first."""
    found = list(start)
    for name in found:
        following = [n for n in _users(nodes, [name]) if nodes.op(n) in operations]
        found += [n for n in following if n not in found and _is_alone(nodes, n, name)]
        if len(found) > _MOST_STEPS:
            break
    return found


def _users(nodes: GraphNodes, names: Iterable[str]) -> list[str]:
    """Nodes that nodes feed; what takes logits has them as its first input."""
    return [
        user
        for name in names
        for user in dict.fromkeys(nodes.consumers(name))
        if nodes.op(user) not in _TAKES or node_of(nodes.inputs(user)[0]) == name
    ]


def _is_alone(nodes: GraphNodes, name: str, before: str) -> bool:
    """Whether a node depends on another one, and else on numbers that are the same each time."""
    others = [tensor for tensor in nodes.inputs(name) if node_of(tensor) != before]
    feeding = nodes.ancestors(others)
    allowed = RUN | {"ReadVariableOp", *VARIABLES}
    return before not in feeding and all(nodes.op(n) in allowed for n in feeding)
