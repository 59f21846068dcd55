"""Runs a part of a foreign graph: from the images to some tensors. Imports TensorFlow.

Nothing else of the graph is imported, and of this part only what `stateless_operations` lists:
variables become placeholders; control inputs, devices and functions are left out.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow.compat.v1 as tf

from slimhub.export.verify.original import (
    constant_folds,
    layer_surroundings,
    operation_costs,
    stateless_operations,
)
from slimhub.export.verify.original.graph_nodes import GraphNodes, node_of
from slimhub.export.verify.original.refusal import NotComparableError
from slimhub.export.verify.original.stateless_operations import FUSED_NORMS
from slimhub.export.verify.original.weighted_layers import READS, is_variable
from slimhub.export.verify.reference.source_network import as_written

_IMAGES = "slimhub_images"  # name of the fed tensor
_LEFT_OUT = ("_class", "_output_shapes", "_XlaCompile")  # attributes that refer to missing nodes
_LARGEST_FILL = 1 << 16  # values; the widest layer of a known network has 4096 channels
_LARGEST = 1 << 28  # values of one tensor, 1 GiB; the largest network has 1 << 25
_MAX_TOTAL_VALUES = 1 << 32  # values of all tensors, most of which are freed at once
_SHOWN = 3  # operations listed in a message
_HEADINGS = ("Graph execution error", "Detected at node", "[[{{node")  # before and after a reason


class RunnablePart:
    """A part of a graph in its own session.

    Attributes:
      variables: names of the variables that it reads.
    """

    def __init__(
        self,
        nodes: GraphNodes,
        targets: Mapping[str, str],
        feed: str,
        known: Collection[str],
        shape: Sequence[int],
        values: Mapping[str, np.ndarray],
        dtype: int = tf.float32.as_datatype_enum,
        needed: int = 0,
    ) -> None:
        """Imports the part.

        Args:
          nodes: of the graph.
          targets: tensors to compute, by any name.
          feed: the tensor that is replaced by the images.
          known: names of variables, which constants may replace.
          shape: of the fed tensor.
          values: of variables, by name.
          dtype: of what is fed.
          needed: products that our network computes there; far more are too many.

        Raises:
          NotComparableError: where it needs operations that are not run, or variables that have no
            value, or too much memory or time, or TensorFlow refuses it.
        """
        self._nodes, self._feed, self._known, self._values = nodes, feed, known, values
        self.variables: list[str] = []
        part = tf.GraphDef()
        part.versions.CopyFrom(tf.Graph().as_graph_def().versions)
        self._refuse_others(nodes.ancestors(targets.values(), self._is_end))
        images = part.node.add(name=_IMAGES, op="Placeholder")
        images.attr["dtype"].type = dtype
        _state_shape(images, shape)
        for name in nodes.ancestors(targets.values(), self._is_fed):
            self._add(part, name)
        self._targets = {key: self._renamed(tensor) for key, tensor in targets.items()}
        constant_folds.require_small(part)
        with tf.Graph().as_default() as graph:
            try:
                tf.import_graph_def(part, name="")
            except (ValueError, TypeError, KeyError, tf.errors.OpError) as error:
                raise NotComparableError(f"TensorFlow refuses it: {_last(error)}") from error
        _require_memory(graph)
        operation_costs.require_little(graph, needed)
        self._session = tf.Session(graph=graph, config=as_written())

    def run(self, images: np.ndarray) -> dict[str, np.ndarray]:
        """Computes the targets.

        Args:
          images: fed in place of the tensor.

        Raises:
          NotComparableError: if TensorFlow cannot.
        """
        feed = {f"{name}:0": self._values[name] for name in self.variables}
        fetches = {key: _with_index(tensor) for key, tensor in self._targets.items()}
        try:
            found: dict[str, np.ndarray] = self._session.run(
                fetches, {f"{_IMAGES}:0": images, **feed}
            )
        except (ValueError, MemoryError, tf.errors.OpError) as error:
            raise NotComparableError(f"TensorFlow cannot run it: {_last(error)}") from error
        return found

    def _is_fed(self, tensor: str) -> bool:
        return tensor == self._feed

    def _is_end(self, tensor: str) -> bool:
        """Where execution stops: at images and variables, however they are read."""
        return tensor == self._feed or self._variable(node_of(tensor)) is not None

    def _variable(self, name: str) -> str | None:
        """The variable that a node is, or only reads."""
        name = node_of(self._nodes.behind(name, READS))
        return name if is_variable(self._nodes, name, self._known) else None

    def _refuse_others(self, names: Collection[str]) -> None:
        known = stateless_operations.RUN | stateless_operations.QUANTIZATION
        unknown = [name for name in names if self._nodes.op(name) not in known]
        if gone := [name for name in unknown if name not in self._nodes.by_name]:
            raise NotComparableError(f"it is not well-formed: it has no {gone[0]}")
        others = sorted({self._nodes.op(n) for n in unknown if not self._is_small_fill(n)})
        if others:
            shown = ", ".join(others[:_SHOWN])
            raise NotComparableError(f"it computes with {shown}, which is not run")

    def _is_small_fill(self, name: str) -> bool:
        """Whether a node fills a shape that the graph declares, no larger than weights.

        This is how TensorFlow writes the gammas of norms without one.
        """
        if self._nodes.op(name) != "Fill":
            return False
        dims = layer_surroundings.constants(self._nodes, self._nodes.inputs(name)[0])
        return dims is not None and math.prod(dims.tolist()) <= _LARGEST_FILL

    def _add(self, part: tf.GraphDef, name: str) -> None:
        nodes = self._nodes
        if is_variable(nodes, name, self._known):
            if nodes.op(name) == "Const" and name not in self._known:
                self._copy(part, name)
                return
            self._require_float(name)
            if name not in self._values:
                raise NotComparableError(f"the checkpoint has no value for {name}")
            self.variables.append(name)
            variable = part.node.add(name=name, op="Placeholder")
            variable.attr["dtype"].type = tf.float32.as_datatype_enum
            _state_shape(variable, self._values[name].shape)
        elif nodes.op(name) == "ReadVariableOp" or nodes.op(name) in (
            stateless_operations.QUANTIZATION
        ):
            same = part.node.add(name=name, op="Identity")
            same.input.append(self._renamed(nodes.inputs(name)[0]))
            same.attr["T"].type = tf.float32.as_datatype_enum
        else:
            self._copy(part, name)

    def _copy(self, part: tf.GraphDef, name: str) -> None:
        node = self._nodes.by_name[name]
        if node.op == "Const":
            _require_size(name, [d.size for d in node.attr["value"].tensor.tensor_shape.dim])
        copy = part.node.add()
        copy.CopyFrom(node)
        copy.device = ""
        del copy.input[:]
        copy.input.extend(self._renamed(tensor) for tensor in self._nodes.inputs(name))
        for attribute in _LEFT_OUT:
            copy.attr.pop(attribute, None)

    def _renamed(self, tensor: str) -> str:
        return _IMAGES if tensor == self._feed else tensor

    def _require_float(self, name: str) -> None:
        node = self._nodes.by_name[name]
        dtype = node.attr["dtype"].type
        if dtype not in (tf.float32.as_datatype_enum, 101):
            raise NotComparableError(f"it does not compute in float32: {name}")


def _with_index(tensor: str) -> str:
    return tensor if ":" in tensor else f"{tensor}:0"


def _state_shape(placeholder: Any, shape: Sequence[int]) -> None:
    for size in shape:
        placeholder.attr["shape"].shape.dim.add(size=size)


def _require_size(name: str, shape: Sequence[int]) -> None:
    if min(shape, default=1) < 0 or math.prod(shape) > _LARGEST:
        raise NotComparableError(f"it needs too much memory: {name} has the shape {list(shape)}")


def _require_memory(graph: tf.Graph) -> None:
    """Refuses operations that blow up their input, such as large paddings, before any run."""
    total = 0
    for operation in graph.get_operations():
        is_norm = operation.type in FUSED_NORMS  # its statistics are as small as its channels
        for tensor in operation.outputs[: 1 if is_norm else None]:
            if not tensor.shape.is_fully_defined():
                raise NotComparableError(f"the size of {tensor.op.name} depends on the images")
            shape = tensor.shape.as_list()
            _require_size(tensor.op.name, shape)
            total += math.prod(shape)
    if total > _MAX_TOTAL_VALUES:
        raise NotComparableError("it needs too much memory")


def _last(error: BaseException) -> str:
    """The reason in a TensorFlow error, without the place where the node was built."""
    text = getattr(error, "message", None) or str(error)
    lines = [line.strip() for line in text.partition("Original stack trace")[0].splitlines()]
    said = [line for line in lines if line and not line.startswith(_HEADINGS)]
    return said[-1][:200] if said else type(error).__name__
