"""The functions of a SavedModel that restore and save: what only its saver calls.

Restoring reads files and saving writes them, so both are tolerated only where they cannot be run
with a path of the graph's choice, and saving only where nothing runs it at all.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from slimhub.export.savedmodel.function_names import CALLED, CALLS, named, named_besides

if TYPE_CHECKING:
    from tensorflow.core.framework import function_pb2, node_def_pb2
    from tensorflow.core.protobuf import meta_graph_pb2

RESTORING = frozenset({"RestoreV2"})
_SAVING = frozenset(
    {"MergeV2Checkpoints", "SaveV2", "ShardedFilename", "StaticRegexFullMatch", "StringJoin"}
)
_FED = ("Placeholder", "PlaceholderWithDefault")
_SWAP = "api_implements"  # functions of one interface, which the optimizer exchanges


def allowed(meta_graph: meta_graph_pb2.MetaGraphDef) -> dict[str, frozenset[str]]:
    """What the functions that only the saver calls may have besides, by their names.

    Args:
      meta_graph: of a SavedModel; nothing of it is run.

    Returns:
      Operations by function; empty if anything else could reach a call of the saver.
    """
    saver, graph = meta_graph.saver_def, meta_graph.graph_def
    restore, save = node_of(saver.restore_op_name), node_of(saver.save_tensor_name)
    if restore == save or not _is_fed(meta_graph):
        return {}
    extra = {restore: RESTORING, save: _SAVING}
    calls = [node for node in graph.node if node.name in extra and node.op in CALLS]
    others = [node for node in graph.node if node.name not in extra or node.op not in CALLS]
    others += [node for function in graph.library.function for node in function.node_def]
    if not extra.keys().isdisjoint(_reached(meta_graph)):
        return {}
    names = [call.attr[CALLED].func.name for call in calls]
    elsewhere = called(others) | _of_objects(meta_graph) | _of_library(graph.library)
    for call in calls:
        elsewhere |= named_besides(call)
    path = saver.filename_tensor_name
    return {
        name: extra[call.name]
        for name, call in zip(names, calls, strict=True)
        if name not in elsewhere and names.count(name) == 1 and _tensor(call.input[:1]) == path
    }


def called(nodes: Iterable[node_def_pb2.NodeDef]) -> set[str]:
    """The functions that nodes name in an attribute, or are themselves calls of.

    Args:
      nodes: of a graph or function.
    """
    found = set()
    for node in nodes:
        found |= {node.op, *named(node.attr)}
    return found


def reads_given_path(node: node_def_pb2.NodeDef, function: function_pb2.FunctionDef) -> bool:
    """Whether a node restores nothing, or from the path that its function is given first.

    Args:
      node: of the function.
      function: that the saver calls with a path and variables.
    """
    if node.op not in RESTORING:
        return True
    given = [argument.name for argument in function.signature.input_arg[:1]]
    nodes = {inner.name: inner for inner in function.node_def}
    source = node_of(node.input[0]) if node.input else ""
    while source in nodes and nodes[source].op == "Identity" and nodes[source].input:
        source = node_of(nodes.pop(source).input[0])  # popped: a circle ends
    return source in given and source not in nodes


def node_of(tensor: str) -> str:
    """The node that an input, an output or a tensor names.

    Args:
      tensor: such as `node:0`, `node:output:0` or, of a control input, `^node`.
    """
    return tensor.removeprefix("^").partition(":")[0]


def _tensor(inputs: Iterable[str]) -> str:
    """The full name of the first of them, whose output 0 can go without saying."""
    name = next(iter(inputs), "")
    return name if ":" in name else f"{name}:0"


def _is_fed(meta_graph: meta_graph_pb2.MetaGraphDef) -> bool:
    """Whether the path to restore from is one that the graph is given."""
    path = node_of(meta_graph.saver_def.filename_tensor_name)
    return any(n.name == path and n.op in _FED for n in meta_graph.graph_def.node)


def _reached(meta_graph: meta_graph_pb2.MetaGraphDef) -> set[str]:
    """The nodes whose outputs are used: by others, by signatures, or as soon as it is loaded."""
    tensors = {tensor for node in meta_graph.graph_def.node for tensor in node.input}
    for signature in meta_graph.signature_def.values():
        for info in (*signature.inputs.values(), *signature.outputs.values()):
            sparse = info.coo_sparse
            tensors |= {
                info.name,
                sparse.values_tensor_name,
                sparse.indices_tensor_name,
                sparse.dense_shape_tensor_name,
                *(part.name for part in info.composite_tensor.components),
            }
    for collection in meta_graph.collection_def.values():
        tensors |= {*collection.node_list.value}
        tensors |= {value.decode(errors="replace") for value in collection.bytes_list.value}
    return {node_of(tensor) for tensor in tensors}


def _of_library(library: function_pb2.FunctionDefLibrary) -> set[str]:
    """The functions that stand in for others: as their gradient, or for another processor."""
    found = {gradient.gradient_func for gradient in library.gradient}
    for function in library.function:
        found |= set(named(function.attr))
        if _SWAP in function.attr:
            found.add(function.signature.name)
    return found


def _of_objects(meta_graph: meta_graph_pb2.MetaGraphDef) -> set[str]:
    """The functions that belong to objects: loading and calling can run them."""
    objects = meta_graph.object_graph_def
    found = set(objects.concrete_functions)
    for node in objects.nodes:
        found.update(node.function.concrete_functions)
        found.add(node.bare_concrete_function.concrete_function_name)
    return found
