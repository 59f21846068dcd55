"""Where the nodes of a SavedModel name functions: what they call, and what else they refer to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tensorflow.core.framework import attr_value_pb2, node_def_pb2

CALLS = ("PartitionedCall", "StatefulPartitionedCall")
CALLED = "f"  # their attribute that names the function
GRADIENT = "_gradient_op_type"  # the attribute of a node that has another gradient than its type


def named(attributes: Mapping[str, attr_value_pb2.AttrValue]) -> Iterator[str]:
    """The functions that attributes name, also as a text, and those that they hand on.

    Args:
      attributes: of a node or a function.

    Returns:
      Names, and all texts, which may be others.
    """
    for value in attributes.values():
        for text in (value.s, *value.list.s):
            yield text.decode(errors="replace")
        for function in (value.func, *value.list.func):
            if function.name:
                yield function.name
            yield from named(function.attr)


def named_besides(call: node_def_pb2.NodeDef) -> set[str]:
    """The functions that a call names, without the one that it calls.

    Args:
      call: of one of the types in `CALLS`.
    """
    attributes = {name: value for name, value in call.attr.items() if name != CALLED}
    return {*named(attributes), *named(call.attr[CALLED].func.attr)}
