"""An artifact's function as plain nodes: constants, and no variables, calls or copies.

Imports TensorFlow.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import tensorflow as tf

from slimhub.common.tensorflow_internals import frozen

_CALL = "StatefulPartitionedCall/"  # before the names of inlined nodes
_COPIES = ("Identity", "StopGradient")


class FrozenNodes:
    """Nodes that an output depends on, in an order in which they can be computed.

    Attributes:
      input: name of the node of images.
      output: name of the node of the answer.
    """

    def __init__(self, nodes: Iterable[Any], input: str, output: str) -> None:
        """Takes nodes whose inputs are names of earlier ones."""
        self.input, self.output = input, output
        self._nodes = {node.name: node for node in nodes}
        self._consumers: dict[str, list[str]] = {}
        for node in self:
            for source in node.input:
                self._consumers.setdefault(_bare(source), []).append(node.name)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._nodes.values())

    def __getitem__(self, name: str) -> Any:
        return self._nodes[_bare(name)]

    def consumers(self, name: str) -> list[str]:
        """Names of the nodes that read a node."""
        return self._consumers.get(name, [])

    def value(self, name: str) -> np.ndarray | None:
        """The value of a constant; None for other nodes."""
        node = self[name]
        if node.op != "Const":
            return None
        value: np.ndarray = tf.make_ndarray(node.attr["value"].tensor)
        return value


def freeze(function: Any) -> FrozenNodes:
    """The nodes of a signature with one input and one output.

    Args:
      function: a concrete function.

    Raises:
      ValueError: if it is not one graph with one input and names of its own.
    """
    constant = frozen(function)
    by_name = {node.name: node for node in constant.graph.as_graph_def().node}
    (images,), (output,) = constant.inputs, constant.outputs

    def source(name: str) -> str:
        """The node behind copies, with the number of its output."""
        while by_name[_bare(name)].op in _COPIES:
            name = next(text for text in by_name[_bare(name)].input if text[0] != "^")
        return name

    last = source(output.name)
    made = []
    for node in _in_order(by_name, last, source):
        copy = tf.compat.v1.NodeDef()
        copy.CopyFrom(node)
        copy.name = _short(node.name)
        del copy.input[:]
        copy.input.extend(_short(source(text)) for text in node.input if text[0] != "^")
        made.append(copy)
    if len({node.name for node in made}) < len(made):
        raise ValueError("nodes of different calls have the same names")
    return FrozenNodes(made, _short(_bare(images.name)), _short(_bare(last)))


def _in_order(by_name: dict[str, Any], last: str, source: Any) -> Iterator[Any]:
    """Each node after those it reads, without recursion: networks are deep."""
    done: set[str] = set()
    waiting = [_bare(last)]
    while waiting:
        node = by_name[waiting[-1]]
        sources = [_bare(source(text)) for text in node.input if text[0] != "^"]
        missing = [name for name in sources if name not in done]
        if missing:
            waiting += missing
            continue
        waiting.pop()
        if node.name not in done:
            done.add(node.name)
            yield node


def call(nodes: Iterable[Any], input: str, output: str, images: tf.Tensor) -> tf.Tensor:
    """Puts nodes into the function that is being traced.

    Args:
      nodes: of a graph.
      input: name of the node that images replace.
      output: name of the node to return.
      images: f32[batch, height, width, 3].
    """
    graph = tf.compat.v1.GraphDef()
    graph.node.extend(node for node in nodes if node.name != input)
    (answer,) = tf.graph_util.import_graph_def(
        graph, input_map={f"{input}:0": images}, return_elements=[f"{output}:0"], name=""
    )
    return answer


def _bare(name: str) -> str:
    return name.partition(":")[0]


def _short(name: str) -> str:
    while name.startswith(_CALL):
        name = name.removeprefix(_CALL)
    return name
