"""Describes what lies between a layer and those before it, as far as a graph shows it."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Collection, Iterable

import numpy as np

from slimhub.common.text import listed
from slimhub.export.verify.original.graph_nodes import GraphNodes, node_of
from slimhub.export.verify.original.stateless_operations import FUSED_NORMS
from slimhub.export.verify.original.weighted_layers import is_variable

_ACTIVATIONS = (
    "Elu", "LeakyRelu", "Relu", "Relu6", "Selu", "Sigmoid", "Softplus", "Softsign", "Tanh",
)  # fmt: skip
_SAME = {"AddV2": "Add", "ConcatV2": "Concat", "RealDiv": "Div", "PadV2": "Pad", "AddN": "Add"}
# They move or rename values, or belong to unfused norms.
_SILENT = (
    "BiasAdd", "Cast", "Const", "ExpandDims", "Identity", "Pack", "Placeholder",
    "PlaceholderWithDefault", "ReadVariableOp", "Reshape", "Rsqrt", "Shape", "Slice", "Sqrt",
    "Squeeze", "StopGradient", "StridedSlice", "VarHandleOp", "Variable", "VariableV2",
)  # fmt: skip
# Activations that change nothing behind, or before, others: those are never negative, or bounded.
_REDUNDANT_BEHIND = {
    "Relu": ("Relu", "Relu6", "Sigmoid", "Softmax", "Softplus", "Square"),
    "Relu6": ("Relu6", "Sigmoid", "Softmax"),
}
_REDUNDANT_BEFORE = {"Relu": ("Relu", "Relu6")}
_THROUGH = ("Identity", "MaxPool", "AvgPool", "Reshape", "Squeeze", "StopGradient")
_ARTICLES = {"Add": "sum", "Concat": "concatenation", "Mul": "product", "Sub": "difference"}


@dataclasses.dataclass(frozen=True)
class Surroundings:
    """What feeds a tensor, back to the preceding layers.

    Attributes:
      layers: weights of the preceding layers, and of layers that only this graph has.
      epsilons: of batch norms, rounded to float32 precision.
      gammas: names of variables.
      activations: number of each type.
      poolings: number of each kind, with window and stride.
      paddings: before and after, of each separate padding.
      others: number of each other type of operation.
      is_fused: whether batch norms are one operation each.
    """

    layers: frozenset[str]
    epsilons: tuple[float, ...]
    gammas: frozenset[str]
    activations: Counter[str]
    poolings: Counter[str]
    paddings: tuple[str, ...]
    others: Counter[str]
    is_fused: bool


def look(
    nodes: GraphNodes, tensor: str, layers: dict[str, str], feed: str, known: Collection[str]
) -> Surroundings:
    """Reads what feeds a tensor.

    Args:
      nodes: of the graph.
      tensor: where to start.
      layers: weights by the name of the layer's node; the search ends there.
      feed: the tensor of images; the search ends there, too.
      known: names of variables, which constants may replace.
    """
    reached = set()

    def is_end(current: str) -> bool:
        if node_of(current) in layers:
            reached.add(layers[node_of(current)])
        return current == feed or node_of(current) in layers

    between = [n for n in nodes.ancestors([tensor], is_end) if not _is_redundant(nodes, n)]
    operations = Counter(_SAME.get(op, op) for op in map(nodes.op, between))
    gammas = {n for n in between if n.endswith("/gamma") and is_variable(nodes, n, {n})}
    return Surroundings(
        layers=frozenset(reached),
        epsilons=tuple(sorted(_epsilons(nodes, between))),
        gammas=frozenset(gammas),
        activations=Counter({op: n for op, n in operations.items() if op in _ACTIVATIONS}),
        poolings=Counter(filter(None, (_pooling(nodes, name) for name in between))),
        paddings=tuple(sorted(filter(None, (_padding(nodes, name) for name in between)))),
        others=Counter(
            {
                op: n
                for op, n in operations.items()
                if op not in (*_SILENT, *_ACTIVATIONS, *FUSED_NORMS, "Pad", "MirrorPad")
                and "Pool" not in op
                and op != "Mean"
            }
        ),
        is_fused=any(op in operations for op in FUSED_NORMS),
    )


def _is_redundant(nodes: GraphNodes, name: str) -> bool:
    """Whether a node is an activation that changes no value."""
    op = nodes.op(name)
    if op not in _REDUNDANT_BEHIND:
        return False
    before = nodes.op(node_of(nodes.behind(nodes.inputs(name)[0], _THROUGH)))
    if before in _REDUNDANT_BEHIND[op]:
        return True
    users = [nodes.op(user) for user in nodes.consumers(name)]
    following = {user for user in users if not user.endswith("Grad")}
    return bool(following) and following <= set(_REDUNDANT_BEFORE.get(op, ()))


def plain_operation(op: str) -> str:
    """The type of an operation, without its version."""
    return _SAME.get(op, op)


def are_alike(theirs: Surroundings, ours: Surroundings) -> bool:
    """Whether the same precedes two tensors, except the norms of layers."""
    keys = ["layers", "activations", "poolings"]
    if theirs.is_fused == ours.is_fused:  # otherwise the norms' own operations would count
        keys.append("others")
    return all(getattr(theirs, key) == getattr(ours, key) for key in keys)


def compare(theirs: Surroundings, ours: Surroundings) -> list[str]:
    """How the surroundings in the original graph differ from the network's, in words.

    Args:
      theirs: in the original graph.
      ours: in the network; both end at layers that both graphs have.
    """
    if extra := sorted(theirs.layers - ours.layers):
        return [f"a layer that the network does not have there, {listed(extra, 2)}"]
    said = []
    if gone := sorted(ours.layers - theirs.layers):
        said.append(f"no path from the layer {listed(gone, 2)}, which the network has")
    if theirs.epsilons != ours.epsilons:
        theirs_, ours_ = (_numbers(side.epsilons) for side in (theirs, ours))
        said.append(f"batch norm with an epsilon of {theirs_}, not {ours_}")
    if extra := sorted(theirs.gammas - ours.gammas):
        said.append(f"gamma in its batch norm, {listed(extra, 2)}, which the network does not have")
    if gone := sorted(ours.gammas - theirs.gammas):
        said.append(f"no gamma in its batch norm, unlike {listed(gone, 2)} of the network")
    if told := compare_activations(theirs, ours):
        said.append(told)
    if theirs.paddings != ours.paddings:
        said.append(f"the padding {_list(theirs.paddings)}, not {_list(ours.paddings)}")
    said += _differing_poolings(theirs, ours, is_alone=not said)
    # otherwise the norms' own operations would be reported
    if not said and theirs.is_fused == ours.is_fused:
        more, fewer = theirs.others - ours.others, ours.others - theirs.others
        said += [f"{n} {_operation(op)} more" for op, n in more.items()]
        said += [f"{n} {_operation(op)} fewer" for op, n in fewer.items()]
    return said


def compare_activations(theirs: Surroundings, ours: Surroundings) -> str:
    """How the activations differ, in words; empty if they do not."""
    if theirs.activations == ours.activations:
        return ""
    return f"the activation {_names(theirs.activations)}, not {_names(ours.activations)}"


def _differing_poolings(theirs: Surroundings, ours: Surroundings, is_alone: bool) -> list[str]:
    """Poolings as numbers of each kind; a mean over everything can be written in two ways."""
    kinds = [Counter(name.partition(" ")[0] for name in side.poolings.elements())
             for side in (theirs, ours)]  # fmt: skip
    if theirs.poolings == ours.poolings or (kinds[0] == kinds[1] and not is_alone):
        return []
    return [f"the pooling {_names(theirs.poolings)}, not {_names(ours.poolings)}"]


def _epsilons(nodes: GraphNodes, between: list[str]) -> list[float]:
    return [float(f"{value:.3g}") for value in epsilons(nodes, between)]


def epsilons(nodes: GraphNodes, among: Iterable[str]) -> list[float]:
    """What batch norms add to the variance, one number each.

    For fused norms, it is their attribute; for others, what is added before the root.

    Args:
      nodes: of the graph.
      among: names of nodes.
    """
    found = []
    for name in among:
        if nodes.op(name) in FUSED_NORMS:
            found.append(nodes.by_name[name].attr["epsilon"].f or 1e-4)  # the operation's default
        if nodes.op(name) in ("Rsqrt", "Sqrt"):
            added = node_of(nodes.inputs(name)[0])
            sides = nodes.inputs(added) if nodes.op(added) in ("Add", "AddV2") else []
            found += [value for side in sides if (value := constant(nodes, side)) is not None]
    return found


def constant(nodes: GraphNodes, tensor: str) -> float | None:
    """The value of a constant that is one number, or None."""
    value = constants(nodes, tensor)
    return float(value[0]) if value is not None and value.size == 1 else None


def constants(nodes: GraphNodes, tensor: str) -> np.ndarray | None:
    """The values of a small constant, flat, or None."""
    name = node_of(nodes.behind(tensor, ["Identity"]))
    if nodes.op(name) != "Const":
        return None
    value = nodes.by_name[name].attr["value"].tensor
    for dtype, field in ((np.float32, value.float_val), (np.int32, value.int_val)):
        if value.dtype == {np.float32: 1, np.int32: 3}[dtype]:
            return np.frombuffer(value.tensor_content, dtype) if value.tensor_content else (
                np.asarray(field, dtype)
            )  # fmt: skip
    return None


def is_zero(nodes: GraphNodes, tensor: str) -> bool:
    """Whether a tensor holds nothing but zeros, as far as the graph shows it."""
    name = node_of(nodes.behind(tensor, ["Identity", "Reshape", "BroadcastTo"]))
    if nodes.op(name) == "Fill":
        return is_zero(nodes, nodes.inputs(name)[1])
    values = constants(nodes, name)  # no value at all is the default, which is zero
    return nodes.op(name) == "ZerosLike" or (values is not None and not values.any())


def _pooling(nodes: GraphNodes, name: str) -> str:
    op, node = nodes.op(name), nodes.by_name.get(name)
    if op == "Mean":
        axes = constants(nodes, nodes.inputs(name)[1])
        is_over_images = axes is not None and 0 in axes  # the moments of a norm, not a pooling
        return "" if is_over_images else "average"
    if op not in ("AvgPool", "MaxPool") or node is None:
        return ""
    window, stride = (list(node.attr[key].list.i)[1:3] for key in ("ksize", "strides"))
    kind = "average" if op == "AvgPool" else "maximum"
    padding = node.attr["padding"].s.decode(errors="replace")
    return f"{kind} of {window} by {stride}, {padding}"


def _padding(nodes: GraphNodes, name: str) -> str:
    if nodes.op(name) not in ("Pad", "PadV2", "MirrorPad"):
        return ""
    values = constants(nodes, nodes.inputs(name)[1])
    return "computed" if values is None else str(values.tolist())


def _numbers(values: tuple[float, ...]) -> str:
    return ", ".join(f"{value:g}" for value in sorted(set(values))) or "none"


def _names(counts: Counter[str]) -> str:
    parts = [name if n == 1 else f"{n} x {name}" for name, n in sorted(counts.items())]
    return " and ".join(parts) or "none"


def _list(values: tuple[str, ...]) -> str:
    return " and ".join(values) or "none"


def _operation(op: str) -> str:
    return f"{_ARTICLES[op]} ({op})" if op in _ARTICLES else op
