"""The main graph: what sessions run, in TensorFlow 1, TensorFlow Serving and other languages.

Every proof reads it: it must call what was examined through the object, with the same variables. A
proof that may take longer also runs it. Imports TensorFlow.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import tensorflow as tf
from tensorflow.core.framework import function_pb2, node_def_pb2
from tensorflow.core.protobuf import meta_graph_pb2

from slimhub.common.text import count
from slimhub.export.verify.reference.artifact import Artifact
from slimhub.export.verify.reference.source_network import as_written

_INITIALIZER = "__saved_model_init_op"
_VALUE = "/.ATTRIBUTES/VARIABLE_VALUE"  # follows a variable's path in a checkpoint

Nodes = dict[str, node_def_pb2.NodeDef]
Fed = dict[str, np.ndarray | list[bytes]]  # batches by the name of a signature


def complaints(artifact: Artifact) -> Iterator[str]:
    """Finds where it calls or restores something else than the object.

    Args:
      artifact: one written by slimhub.
    """
    meta_graph = artifact.proto.meta_graphs[0]
    nodes = {node.name: node for node in meta_graph.graph_def.node}
    for name in sorted(set(meta_graph.signature_def) - {_INITIALIZER}):
        yield from _calls_other_functions(name, meta_graph, nodes, artifact)
    yield from _restores_other_variables(meta_graph, nodes)


def answers(artifact: Artifact, fed: Fed) -> dict[str, np.ndarray]:
    """Computes a session's answers.

    Args:
      artifact: any.
      fed: input by signature name; signatures that do not exist are skipped.

    Returns:
      Output by signature name.
    """
    found = {}
    with tf.Graph().as_default(), tf.compat.v1.Session(config=as_written()) as session:
        loaded = tf.compat.v1.saved_model.load(session, ["serve"], str(artifact.folder))
        for name, value in fed.items():
            if name in loaded.signature_def:
                signature = loaded.signature_def[name]
                (taken,), (given,) = signature.inputs.values(), signature.outputs.values()
                found[name] = session.run(given.name, {taken.name: value})
    return found


def _calls_other_functions(
    name: str, meta_graph: meta_graph_pb2.MetaGraphDef, nodes: Nodes, artifact: Artifact
) -> Iterator[str]:
    signature, objects = meta_graph.signature_def[name], meta_graph.object_graph_def
    function = artifact.children()[f"signatures/{name}"].bare_concrete_function
    bound = objects.concrete_functions[function.concrete_function_name].bound_inputs
    expected = [_node_of(info.name) for info in signature.inputs.values()]
    expected += [objects.nodes[number].variable.name for number in bound]
    for info in signature.outputs.values():
        call = nodes[_node_of(info.name)]
        if call.attr["f"].func.name != function.concrete_function_name:
            yield f"{name} calls another function than the object's signature"
        yield from _takes_other_inputs(f"the call of {name}", call, expected, nodes)


def _restores_other_variables(
    meta_graph: meta_graph_pb2.MetaGraphDef, nodes: Nodes
) -> Iterator[str]:
    call = nodes[meta_graph.saver_def.restore_op_name]
    (function,) = (
        function
        for function in meta_graph.graph_def.library.function
        if function.signature.name == call.attr["f"].func.name
    )
    by_argument = _restored(function)
    variables = _variables(meta_graph)
    arguments = [argument.name for argument in function.signature.input_arg]
    expected = [variables.get(by_argument.get(name, "")) for name in arguments]
    missing = sorted(set(variables.values()) - set(expected))
    if missing:
        yield f"sessions do not restore {', '.join(missing[:3])}"
    expected[0] = _node_of(meta_graph.saver_def.filename_tensor_name)
    yield from _takes_other_inputs("the call that restores", call, expected, nodes)


def _takes_other_inputs(
    what: str, call: node_def_pb2.NodeDef, expected: Sequence[str | None], nodes: Nodes
) -> Iterator[str]:
    found = [_handle(nodes[_node_of(name)]) for name in call.input if not name.startswith("^")]
    if len(found) != len(expected):
        yield f"{what} takes {count(len(found), 'input')}, expected {len(expected)}"
    wrong = [pair for pair in zip(found, expected, strict=False) if pair[0] != pair[1]]
    if wrong:
        yield f"{what} takes {wrong[0][0]} instead of {wrong[0][1]}"


def _restored(function: function_pb2.FunctionDef) -> dict[str, str]:
    """By argument name, what is assigned to it from a checkpoint."""
    nodes = {node.name: node for node in function.node_def}
    restored = {}
    for node in function.node_def:
        if node.op == "AssignVariableOp":
            source, _, position = node.input[1].split(":")
            keys = nodes[_node_of(nodes[source].input[1])].attr["value"].tensor.string_val
            restored[node.input[0]] = keys[int(position)].decode()
    return restored


def _variables(meta_graph: meta_graph_pb2.MetaGraphDef) -> dict[str, str]:
    """Names of the variables by their keys in the artifact's checkpoint."""
    objects = meta_graph.object_graph_def.nodes
    (number,) = (c.node_id for c in objects[0].children if c.local_name == "variables")
    return {
        f"variables/{child.local_name}{_VALUE}": objects[child.node_id].variable.name
        for child in objects[number].children
    }


def _node_of(tensor: str) -> str:
    return tensor.split(":")[0]


def _handle(node: node_def_pb2.NodeDef) -> str:
    """The variable that a node represents, or else its own name."""
    name: str = node.attr["shared_name"].s.decode() if node.op == "VarHandleOp" else node.name
    return name
