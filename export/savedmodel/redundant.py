"""Removes redundant nodes from a SavedModel's functions.

Every load recreates each node. TensorFlow's functions that save and restore variables hold two
identities per variable, and each layer has its own copy of the same few constants: together a third
of the nodes of a small artifact.
"""

from __future__ import annotations

from tensorflow.core.framework import function_pb2, node_def_pb2
from tensorflow.core.protobuf import saved_model_pb2

from slimhub.export.savedmodel.function_names import GRADIENT

_OUTPUT = ":output:0"  # how a function refers to the output of an identity or a constant


def drop_redundant(saved: saved_model_pb2.SavedModel) -> None:
    """Removes identities and duplicate constants from every function.

    Outputs of a function stay, because their names matter. So do nodes with control dependencies,
    and identities with another gradient.

    Args:
      saved: changed in place, without changing what it computes.
    """
    for meta_graph in saved.meta_graphs:
        for function in meta_graph.graph_def.library.function:
            _drop(function)


def _drop(function: function_pb2.FunctionDef) -> None:
    others = _redundant(function)
    for index in reversed(range(len(function.node_def))):
        if function.node_def[index].name + _OUTPUT in others:
            del function.node_def[index]
    for node in function.node_def:
        for position, name in enumerate(node.input):
            while name in others:
                name = others[name]
            node.input[position] = name


def _redundant(function: function_pb2.FunctionDef) -> dict[str, str]:
    """By output of a removable node, the output to use instead."""
    kept = {output.split(":")[0] for output in function.ret.values()}
    kept |= set(function.control_ret.values())
    for node in function.node_def:
        kept |= {name[1:] for name in node.input if name.startswith("^")}
    others: dict[str, str] = {}
    constants: dict[bytes, str] = {}  # the first of each value
    for node in function.node_def:
        output = node.name + _OUTPUT
        if node.name in kept:
            continue
        # An identity can also be there for the gradient that it was given.
        if node.op == "Identity" and len(node.input) == 1 and GRADIENT not in node.attr:
            others[output] = node.input[0]
        elif node.op == "Const" and not node.input:
            first = constants.setdefault(_content(node), output)
            if first != output:
                others[output] = first
    return others


def _content(node: node_def_pb2.NodeDef) -> bytes:
    """Everything in a node except its name and source location."""
    copied = node_def_pb2.NodeDef()
    copied.CopyFrom(node)
    copied.name = ""
    copied.ClearField("experimental_debug_info")
    content: bytes = copied.SerializeToString(deterministic=True)
    return content
