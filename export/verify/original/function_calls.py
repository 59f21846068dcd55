"""Puts the bodies of a graph's functions in place of their calls, without TensorFlow.

In a SavedModel of TensorFlow 2 the layers are in functions; the main graph only calls them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from slimhub.export.verify.original.refusal import NotComparableError
from slimhub.export.verify.original.stateless_operations import FUSED_NORMS

_CALLS = ("PartitionedCall", "StatefulPartitionedCall")
_MAX_DEPTH = 16
_MAX_NODES = 1_000_000
# A function names outputs of operations, a graph counts them. Of those with several names a layer
# takes the first of norms alone, and never the others, the statistics of the batch.
_FIRST, _OTHER = "y", 1


def inline(graph: Any) -> Any:
    """The graph without calls: nodes of a body have the name of the call in front.

    Args:
      graph: a GraphDef.

    Returns:
      The same graph where it has no functions, else a new one. A call is an `IdentityN` of what its
      body returns.

    Raises:
      NotComparableError: where functions call each other too often.
    """
    if not graph.library.function:
        return graph
    functions = {function.signature.name: function for function in graph.library.function}
    made = type(graph)()
    _expand(made, graph.node, functions)
    return made


def _expand(made: Any, nodes: Iterable[Any], functions: Mapping[str, Any]) -> None:
    """Adds nodes to a graph, calls as their bodies."""
    waiting = [(node, 0) for node in nodes]
    while waiting:
        node, depth = waiting.pop()
        if len(made.node) > _MAX_NODES or depth > _MAX_DEPTH:
            raise NotComparableError("its functions call each other too often")
        function = functions.get(node.attr["f"].func.name) if node.op in _CALLS else None
        if function is None:
            made.node.append(node)
            continue
        made.node.append(_results(type(node)(), node, function))
        waiting += [(_inside(node, inner, function), depth + 1) for inner in function.node_def]


def _results(results: Any, call: Any, function: Any) -> Any:
    """What takes the place of a call, and of its outputs."""
    results.name, results.op = call.name, "IdentityN"
    for output in function.signature.output_arg:
        results.input.append(_renamed(function.ret[output.name], call, function))
        results.attr["T"].list.type.append(output.type)
    return results


def _inside(call: Any, node: Any, function: Any) -> Any:
    """A node of a body as a node of the graph that calls it."""
    copy = type(node)()
    copy.CopyFrom(node)
    copy.name = f"{call.name}/{node.name}"
    del copy.input[:]
    copy.input.extend(_renamed(t, call, function) for t in node.input if not t.startswith("^"))
    return copy


def _renamed(tensor: str, call: Any, function: Any) -> str:
    """A tensor of a body, `node:output:index` or an argument, as one of the graph around it."""
    name, _, output = tensor.partition(":")
    arguments = [argument.name for argument in function.signature.input_arg]
    if not output and name in arguments:
        data = [t for t in call.input if not t.startswith("^")]
        return str(data[arguments.index(name)])
    kind, _, index = output.partition(":")
    is_norm = any(n.name == name and n.op in FUSED_NORMS for n in function.node_def)
    position = _OTHER if is_norm and kind != _FIRST else int(index or 0)
    return f"{call.name}/{name}:{position}" if position else f"{call.name}/{name}"
