"""Names inside of ONNX files, without the calls that TensorFlow inlined.

A quantizer makes several names of each: in files of MobileNets they would be a tenth of the bytes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

_CALL = "StatefulPartitionedCall/"  # once for each level of calls


def shorten(model: Any) -> None:
    """Shortens the names of nodes and of what they compute.

    Args:
      model: is changed, unless two names would become the same, or there are graphs in its nodes,
        whose names depend on these.
    """
    graph = model.graph
    nodes, tensors = {node.name for node in graph.node}, set(_tensors(graph))
    is_nested = any(entry.HasField("g") for node in graph.node for entry in node.attribute)
    if is_nested or any(len({*map(_short, names)}) < len(names) for names in (nodes, tensors)):
        return
    for node in graph.node:
        node.name = _short(node.name)
        node.input[:] = [*map(_short, node.input)]
        node.output[:] = [*map(_short, node.output)]
    for value in (*graph.initializer, *graph.value_info):
        value.name = _short(value.name)


def _tensors(graph: Any) -> Iterator[str]:
    for node in graph.node:
        yield from (*node.input, *node.output)
    for value in (*graph.initializer, *graph.input, *graph.output, *graph.value_info):
        yield value.name


def _short(name: str) -> str:
    return name.rpartition(_CALL)[2]
