"""Inlines the functions that a graph calls, without TensorFlow.

In a SavedModel of TensorFlow 2 the layers are in functions; the main graph only calls them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from slimhub.export.savedmodel.function_names import CALLED, CALLS
from slimhub.export.verify.original.refusal import NotComparableError
from slimhub.export.verify.original.stateless_operations import FUSED_NORMS

_MAX_DEPTH = 16
_MAX_NODES = 1_000_000
# A function names outputs of operations, a graph counts them. Of operations with several outputs,
# layers only use the first one, of norms; the others are the statistics of the batch.
_FIRST, _OTHER = "y", 1


def inline(graph: Any) -> Any:
    """The graph without calls; nodes of a function body are prefixed with the name of the call.

    Args:
      graph: a GraphDef.

    Returns:
      The same graph if it has no functions, or else a new one. A call becomes an `IdentityN` of
      what the body returns.

    Raises:
      NotComparableError: if functions call each other too often.
    """
    if not graph.library.function:
        return graph
    functions = {function.signature.name: _Body(function) for function in graph.library.function}
    made = type(graph)()
    _expand(made, graph.node, functions)
    return made


class _Body:
    """A function, with indexed tensors."""

    def __init__(self, function: Any) -> None:
        self.nodes = function.node_def
        self._arguments = {arg.name: i for i, arg in enumerate(function.signature.input_arg)}
        self._norms = {node.name for node in function.node_def if node.op in FUSED_NORMS}
        self._outputs = [(arg.name, arg.type) for arg in function.signature.output_arg]
        self._returned = dict(function.ret)

    def results(self, call: Any) -> Any:
        """The replacement of a call, and of its outputs."""
        results = type(call)(name=call.name, op="IdentityN")
        for name, dtype in self._outputs:
            results.input.append(self._renamed(self._returned[name], call))
            results.attr["T"].list.type.append(dtype)
        return results

    def inside(self, call: Any, node: Any) -> Any:
        """A node of the body as a node of the calling graph."""
        copy = type(node)()
        copy.CopyFrom(node)
        copy.name = f"{call.name}/{node.name}"
        del copy.input[:]
        copy.input.extend(self._renamed(t, call) for t in node.input if not t.startswith("^"))
        return copy

    def _renamed(self, tensor: str, call: Any) -> str:
        """A tensor of the body, `node:output:index` or an argument, as one of the graph."""
        name, _, output = tensor.partition(":")
        if not output and name in self._arguments:
            data = [t for t in call.input if not t.startswith("^")]
            return str(data[self._arguments[name]])
        kind, _, index = output.partition(":")
        position = _OTHER if name in self._norms and kind != _FIRST else int(index or 0)
        return f"{call.name}/{name}:{position}" if position else f"{call.name}/{name}"


def _expand(made: Any, nodes: Iterable[Any], bodies: Mapping[str, _Body]) -> None:
    """Adds nodes to a graph in order, with calls replaced by their bodies."""
    waiting = [(node, 0) for node in reversed(list(nodes))]
    while waiting:
        node, depth = waiting.pop()
        if len(made.node) > _MAX_NODES or depth > _MAX_DEPTH:
            raise NotComparableError("its functions call each other too often")
        body = bodies.get(node.attr[CALLED].func.name) if node.op in CALLS else None
        if body is None:
            made.node.append(node)
            continue
        made.node.append(body.results(node))
        inside = [(body.inside(node, inner), depth + 1) for inner in body.nodes]
        waiting += reversed(inside)
