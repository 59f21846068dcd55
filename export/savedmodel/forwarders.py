"""Removes functions of a SavedModel that do nothing but call another one.

Every load recreates each function and connects it with all of the variables that it uses.
TensorFlow puts a function around that of each signature, and a call that returns all endpoints is
no more than a call of the network.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain

from tensorflow.core.framework import function_pb2, node_def_pb2
from tensorflow.core.protobuf import meta_graph_pb2, saved_model_pb2, saved_object_graph_pb2

from slimhub.export.savedmodel.function_names import CALLED, CALLS, GRADIENT, named, named_besides

# What TensorFlow notes at every function that it traces. Others ask for something, such as XLA.
_NOTED = {"_construction_context", "_input_shapes"}


def drop_forwarders(saved: saved_model_pb2.SavedModel) -> None:
    """Uses the called function wherever another one hands on its arguments and returns its outputs.

    The called function takes the other's place in the objects. So it must not have one there, and
    it replaces one other at most.

    Args:
      saved: changed in place, without changing what it computes.
    """
    for meta_graph in saved.meta_graphs:
        replacements = _replacements(meta_graph)
        functions = meta_graph.graph_def.library.function
        for index in reversed(range(len(functions))):
            if functions[index].signature.name in replacements:
                del functions[index]
        for node in _nodes(meta_graph):
            if node.op in CALLS:
                called = node.attr[CALLED].func
                called.name = replacements.get(called.name, called.name)
        _rename_objects(meta_graph.object_graph_def, replacements)


def _replacements(meta_graph: meta_graph_pb2.MetaGraphDef) -> dict[str, str]:
    """By name of a function that can go, the one to use instead."""
    functions = {f.signature.name: f for f in meta_graph.graph_def.library.function}
    handed = {name: _handed_on_to(function) for name, function in functions.items()}
    taken = set(meta_graph.object_graph_def.concrete_functions)
    kept = set(_named_otherwise(meta_graph))
    replacements: dict[str, str] = {}
    for name, other in handed.items():
        is_chain = handed.get(other or "") is not None
        if other is None or is_chain or other in taken or name in kept:
            continue
        if len(functions[other].ret) == len(functions[name].ret):
            replacements[name] = other
            taken.add(other)
    return replacements


def _handed_on_to(function: function_pb2.FunctionDef) -> str | None:
    """The function that does all of the work; None if there is other work, or another order."""
    calls = [node for node in function.node_def if node.op in CALLS]
    same = {f"{node.name}:output:0": node for node in function.node_def if node.op == "Identity"}
    rest = [node for node in function.node_def if node.op not in (*CALLS, "Identity", "NoOp")]
    if len(calls) != 1 or rest or not set(function.attr) <= _NOTED:
        return None
    (call,) = calls
    if list(call.input) != [argument.name for argument in function.signature.input_arg]:
        return None
    is_own = any(GRADIENT in node.attr for node in same.values())  # an identity's gradient
    if is_own or any(node.device for node in function.node_def):
        return None
    for number, output in enumerate(function.signature.output_arg):
        found = function.ret[output.name]
        while found in same:
            found = same[found].input[0]
        if found != f"{call.name}:output:{number}":
            return None
    name: str = call.attr[CALLED].func.name
    return name


def _named_otherwise(meta_graph: meta_graph_pb2.MetaGraphDef) -> Iterator[str]:
    """The functions that something else than a call or an object names, such as a branch."""
    for node in _nodes(meta_graph):
        yield node.op  # a call, in old graphs
        yield from named_besides(node) if node.op in CALLS else named(node.attr)
    library = meta_graph.graph_def.library
    for function in library.function:
        yield from named(function.attr)
    for gradient in library.gradient:
        yield from (gradient.function_name, gradient.gradient_func)
    yield from (gradient.gradient_func for gradient in library.registered_gradients)
    yield from meta_graph.meta_info_def.function_aliases
    for held in meta_graph.object_graph_def.nodes:
        yield held.captured_tensor.concrete_function


def _nodes(meta_graph: meta_graph_pb2.MetaGraphDef) -> Iterable[node_def_pb2.NodeDef]:
    """Those of the main graph and of every function."""
    graph = meta_graph.graph_def
    return chain(graph.node, *(function.node_def for function in graph.library.function))


def _rename_objects(
    objects: saved_object_graph_pb2.SavedObjectGraph, replacements: dict[str, str]
) -> None:
    for name in sorted(replacements.keys() & set(objects.concrete_functions)):
        objects.concrete_functions[replacements[name]].CopyFrom(objects.concrete_functions[name])
        del objects.concrete_functions[name]
    for node in objects.nodes:
        if node.WhichOneof("kind") == "function":
            names = node.function.concrete_functions
            names[:] = [replacements.get(name, name) for name in names]
        elif node.WhichOneof("kind") == "bare_concrete_function":
            bare = node.bare_concrete_function
            name = bare.concrete_function_name
            bare.concrete_function_name = replacements.get(name, name)
