"""Takes out of a SavedModel's functions what only hands a tensor on.

TensorFlow's functions to save and restore variables hold two identities for each variable. They
are a fifth of all nodes of a small artifact, and every load builds each node anew.
"""

from __future__ import annotations

from tensorflow.core.framework import function_pb2
from tensorflow.core.protobuf import saved_model_pb2

_IDENTITY = "Identity"
_OUTPUT = ":output:0"  # how a function refers to the result of an identity


def drop_identities(saved: saved_model_pb2.SavedModel) -> None:
    """Lets consumers of an identity take its input instead, in every function.

    One that a function gives out stays: it names the output. So does one that waits for another
    operation, or that another waits for.

    Args:
      saved: changed in place; it computes what it computed.
    """
    for meta_graph in saved.meta_graphs:
        for function in meta_graph.graph_def.library.function:
            _drop(function)


def _drop(function: function_pb2.FunctionDef) -> None:
    kept = {output.split(":")[0] for output in function.ret.values()}
    kept |= set(function.control_ret.values())
    for node in function.node_def:
        kept |= {name[1:] for name in node.input if name.startswith("^")}
    source = {
        node.name + _OUTPUT: node.input[0]
        for node in function.node_def
        if node.op == _IDENTITY and node.name not in kept and len(node.input) == 1
    }
    for node in function.node_def:
        for position, name in enumerate(node.input):
            while name in source:
                name = source[name]
            node.input[position] = name
    for index in reversed(range(len(function.node_def))):
        if function.node_def[index].name + _OUTPUT in source:
            del function.node_def[index]
