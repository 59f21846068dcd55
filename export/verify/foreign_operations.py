"""What a SavedModel could do beyond computing: operations that no artifact of slimhub has.

A graph is a program. One with `WriteFile` in it writes a file when it is called, or as soon as it
is loaded, so the operations are compared with a list before TensorFlow sees the graph.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import TYPE_CHECKING

from slimhub.common.text import count, listed, printable
from slimhub.export.verify import saver_functions
from slimhub.export.verify.original import stateless_operations

if TYPE_CHECKING:
    from tensorflow.core.framework import attr_value_pb2, function_pb2, node_def_pb2
    from tensorflow.core.protobuf import meta_graph_pb2, saved_model_pb2

_SHOWN = 3

# What the artifacts of all registered networks use, and what else only computes, for published
# modules of their convention. They read and assign the module's own variables, and no files.
OPERATIONS = stateless_operations.RUN | frozenset(
    {
        "AssignAddVariableOp", "AssignSubVariableOp", "AssignVariableOp", "AsString",
        "DecodeJpeg", "DisableCopyOnRead", "Fill", "GatherV2",
        "GreaterEqual", "If", "Less", "LogicalAnd", "NoOp", "PartitionedCall", "Placeholder",
        "RandomUniform", "ReadVariableOp", "Select", "SelectV2", "StatefulPartitionedCall",
        "StatelessIf", "StatelessWhile", "TensorListFromTensor", "TensorListGetItem",
        "TensorListReserve", "TensorListSetItem", "TensorListStack", "VarHandleOp",
        "TopKV2", "VarIsInitializedOp",
    }
)  # fmt: skip


@dataclasses.dataclass(frozen=True)
class ForeignOperation:
    """An operation that no artifact of slimhub has, or has in another place.

    Attributes:
      operation: its type, such as `WriteFile`.
      place: `the main graph`, or the function that it is in.
    """

    operation: str
    place: str

    def __str__(self) -> str:
        return f"{printable(self.operation)} in {printable(self.place)}"


def find(saved_model: saved_model_pb2.SavedModel) -> list[ForeignOperation]:
    """The operations of a SavedModel that slimhub does not run unasked.

    Args:
      saved_model: as it is on disk; nothing of it is run.

    Returns:
      Each operation and place once, in the order of the graph; none for an artifact of slimhub.
    """
    found: dict[ForeignOperation, None] = {}
    for meta_graph in saved_model.meta_graphs:
        found |= dict.fromkeys(_of_graph(meta_graph))
    return list(found)


def explain(found: list[ForeignOperation]) -> str:
    """One sentence about them.

    Args:
      found: at least one.
    """
    shown = listed(list(map(str, found)), _SHOWN)
    return f"{count(len(found), 'operation')} that no artifact of slimhub has: {shown}"


def _of_graph(meta_graph: meta_graph_pb2.MetaGraphDef) -> Iterator[ForeignOperation]:
    graph, extra = meta_graph.graph_def, saver_functions.allowed(meta_graph)
    for node in graph.node:
        if node.op not in OPERATIONS or _is_open(node):
            yield ForeignOperation(node.op, "the main graph")
    circular = _circular(graph.library)
    for function in graph.library.function:
        name = function.signature.name
        allowed = OPERATIONS | extra.get(name, frozenset())
        for node in function.node_def:
            reads_other = not saver_functions.reads_given_path(node, function)
            if node.op not in allowed or reads_other or _is_open(node):
                yield ForeignOperation(node.op, f"the function {name}")
        if name in circular:
            yield ForeignOperation("a call of itself", f"the function {name}")


def _is_open(node: node_def_pb2.NodeDef) -> bool:
    """Whether its attributes depend on who calls: what it does is not written in it."""
    return any(_is_placeholder(value) for value in node.attr.values())


def _is_placeholder(value: attr_value_pb2.AttrValue) -> bool:
    handed_on = [inner for f in (value.func, *value.list.func) for inner in f.attr.values()]
    return value.WhichOneof("value") == "placeholder" or any(map(_is_placeholder, handed_on))


def _circular(library: function_pb2.FunctionDefLibrary) -> set[str]:
    """The functions that lead to themselves: such a call need not end."""
    calls = {f.signature.name: saver_functions.called(f.node_def) for f in library.function}
    left = {name: called & calls.keys() for name, called in calls.items()}
    while ended := [name for name, called in left.items() if called.isdisjoint(left)]:
        for name in ended:  # all that it calls ends, so it does
            del left[name]
    return set(left)
