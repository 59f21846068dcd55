"""Makes a SavedModel load on every TensorFlow since 1.15. Imports TensorFlow's protos.

TensorFlow writes what its own release reads. Each step removes one thing that an older release
rejects, without changing what a newer one computes.
"""

from __future__ import annotations

import functools
import gzip
import json
from collections.abc import Callable, Iterator, MutableSequence, Set
from importlib import resources
from typing import TypeVar

from tensorflow.core.framework import function_pb2, node_def_pb2
from tensorflow.core.protobuf import saved_model_pb2

from slimhub.common.errors import ExportError
from slimhub.common.tensorflow_internals import attribute_defaults
from slimhub.export.savedmodel.function_names import CALLS, GRADIENT

_OLDEST = "1.15"
_OPERATIONS = f"data/operations_{_OLDEST}.json.gz"  # {operation: [attributes]}
_COPY_ON_READ = "DisableCopyOnRead"
# (operation, attribute) pairs that do not affect the result: a name for error messages, and a check
# of a shape that was already checked when the graph was built.
_DISPENSABLE = {("VarHandleOp", "debug_name"), ("AssignVariableOp", "validate_shape")}

Item = TypeVar("Item")
Step = Callable[[saved_model_pb2.SavedModel], None]


def drop_copy_on_read(saved: saved_model_pb2.SavedModel) -> None:
    """Removes the operation `DisableCopyOnRead`, new in 2.12.

    The function that saves the variables uses it to avoid a copy, and saves the same without it.
    TensorFlow 1.15 to 2.11 reject the whole file if any function contains an unknown operation.
    """
    for function in _functions(saved):
        dropped = {node.name for node in function.node_def if node.op == _COPY_ON_READ}
        if not dropped:
            continue
        for node in function.node_def:
            _remove(node.input, {f"^{name}" for name in dropped})
        _remove(function.node_def, dropped, key=lambda node: node.name)
        outputs = {out for out, name in function.control_ret.items() if name in dropped}
        for output in outputs:
            del function.control_ret[output]
        _remove(function.signature.control_output, outputs)


def drop_unknown_attributes(saved: saved_model_pb2.SavedModel) -> None:
    """Removes attributes that 1.15 does not know, if they have no effect.

    A main graph with one does not load through the C API of 1.15; a function with one does not load
    at all. The saver strips defaults itself, but not from every node. An attribute whose name
    starts with an underscore is an annotation that every release ignores.

    Raises:
      ExportError: if one has a non-default value.
    """
    known = _operations()
    for node in _nodes(saved):
        unknown = [a for a in node.attr if not a.startswith("_") and a not in known[node.op]]
        defaults = attribute_defaults(node.op)
        for attribute in unknown:
            is_dispensable = (node.op, attribute) in _DISPENSABLE
            if not is_dispensable and node.attr[attribute] != defaults.get(attribute):
                raise ExportError(
                    f"the operation {node.op} of {node.name} uses the attribute {attribute}, "
                    f"which TensorFlow {_OLDEST} does not have: the artifact would not load there"
                )
            del node.attr[attribute]


def check_operations(saved: saved_model_pb2.SavedModel) -> None:
    """Refuses operations that 1.15 does not have, in any function, used or not.

    Raises:
      ExportError: names them.
    """
    unknown = sorted({node.op for node in _nodes(saved)} - set(_operations()))
    if unknown:
        raise ExportError(
            f"the graph uses {', '.join(unknown)}, which TensorFlow {_OLDEST} does not have: "
            "the artifact would not load there"
        )


def mark_calls(saved: saved_model_pb2.SavedModel) -> None:
    """Marks function calls inside functions as having their own gradient.

    TensorFlow 1.15 and 2.0 only use the gradient of the called function for calls with this
    attribute, whatever its value. For others they fall back on one that does not know batch norm,
    and fine-tuning then silently loses the gradients of all inner layers. Newer releases always do
    it, and ignore the attribute.
    """
    for function in _functions(saved):
        for node in function.node_def:
            if node.op in CALLS:
                node.attr[GRADIENT].s = b"PartitionedCall"


STEPS: tuple[Step, ...] = (
    drop_copy_on_read,
    check_operations,
    drop_unknown_attributes,
    mark_calls,
)


@functools.cache
def _operations() -> dict[str, frozenset[str]]:
    text = gzip.decompress(
        resources.files("slimhub.export.savedmodel").joinpath(_OPERATIONS).read_bytes()
    )
    return {name: frozenset(attributes) for name, attributes in json.loads(text).items()}


def _functions(saved: saved_model_pb2.SavedModel) -> Iterator[function_pb2.FunctionDef]:
    for meta_graph in saved.meta_graphs:
        yield from meta_graph.graph_def.library.function


def _nodes(saved: saved_model_pb2.SavedModel) -> Iterator[node_def_pb2.NodeDef]:
    """Every node: of the main graph and of every function."""
    for meta_graph in saved.meta_graphs:
        yield from meta_graph.graph_def.node
    names = {function.signature.name for function in _functions(saved)}
    for function in _functions(saved):
        yield from (node for node in function.node_def if node.op not in names)


def _remove(
    items: MutableSequence[Item], unwanted: Set[str], key: Callable[[Item], str] = str
) -> None:
    """Deletes the elements of a repeated proto field whose key is unwanted."""
    for index in reversed(range(len(items))):
        if key(items[index]) in unwanted:
            del items[index]
