"""The part of a foreign graph that is run: from the images to some tensors. Imports TensorFlow.

Nothing else of the graph is imported, and of this part only what `stateless_operations` lists:
variables become placeholders, control inputs, devices and functions are left out.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence

import numpy as np
import tensorflow.compat.v1 as tf

from slimhub.export.verify.original import layer_surroundings, stateless_operations
from slimhub.export.verify.original.graph_nodes import GraphNodes, node_of
from slimhub.export.verify.original.refusal import NotComparableError
from slimhub.export.verify.original.weighted_layers import is_variable
from slimhub.export.verify.reference.source_network import as_written

_IMAGES = "slimhub_images"  # name of what is fed
_PASSED = ("Identity", "ReadVariableOp")
_LEFT_OUT = ("_class", "_output_shapes", "_XlaCompile")  # attributes that name what is not there
_LARGEST_FILL = 1 << 16  # values; the widest layer of a known network has 4096 channels
_SHOWN = 3  # operations that a message names


class RunnablePart:
    """A part of a graph in a session of its own.

    Attributes:
      variables: names of the variables that it reads.
    """

    def __init__(
        self,
        nodes: GraphNodes,
        targets: Mapping[str, str],
        feed: str,
        known: Collection[str],
        dtype: int = tf.float32.as_datatype_enum,
    ) -> None:
        """Imports the part.

        Args:
          nodes: of the graph.
          targets: tensors to compute, by any name.
          feed: the tensor that images are fed in place of.
          known: names of variables, which constants may stand for.
          dtype: of what is fed.

        Raises:
          NotComparableError: where it needs operations that are not run, or TensorFlow refuses it.
        """
        self._nodes, self._feed, self._known = nodes, feed, known
        self.variables: list[str] = []
        part = tf.GraphDef()
        part.versions.CopyFrom(tf.Graph().as_graph_def().versions)
        self._refuse_others(nodes.ancestors(targets.values(), self._is_end))
        images = part.node.add(name=_IMAGES, op="Placeholder")
        images.attr["dtype"].type = dtype
        for name in nodes.ancestors(targets.values(), self._is_fed):
            self._add(part, name)
        self._targets = {key: self._renamed(tensor) for key, tensor in targets.items()}
        with tf.Graph().as_default() as graph:
            try:
                tf.import_graph_def(part, name="")
            except (ValueError, TypeError, KeyError, tf.errors.OpError) as error:
                raise NotComparableError(f"TensorFlow refuses it: {_first(error)}") from error
        self._session = tf.Session(graph=graph, config=as_written())

    def run(
        self, images: np.ndarray, values: Mapping[str, np.ndarray], targets: Sequence[str]
    ) -> dict[str, np.ndarray]:
        """Computes some of the targets.

        Args:
          images: in place of the tensor that is fed.
          values: of all variables, by name.
          targets: their names.

        Raises:
          NotComparableError: where TensorFlow cannot.
        """
        feed = {f"{name}:0": values[name] for name in self.variables}
        fetches = {key: _with_index(self._targets[key]) for key in targets}
        try:
            found: dict[str, np.ndarray] = self._session.run(
                fetches, {f"{_IMAGES}:0": images, **feed}
            )
        except (ValueError, tf.errors.OpError) as error:
            raise NotComparableError(f"TensorFlow cannot run it: {_first(error)}") from error
        return found

    def _is_fed(self, tensor: str) -> bool:
        return tensor == self._feed

    def _is_end(self, tensor: str) -> bool:
        """Where nothing is run any more: images and variables, however they are read."""
        return tensor == self._feed or self._variable(node_of(tensor)) is not None

    def _variable(self, name: str) -> str | None:
        """The variable that a node is, or reads without doing anything else."""
        name = node_of(self._nodes.behind(name, _PASSED))
        return name if is_variable(self._nodes, name, self._known) else None

    def _refuse_others(self, names: Collection[str]) -> None:
        known = stateless_operations.RUN | stateless_operations.QUANTIZATION
        unknown = [name for name in names if self._nodes.op(name) not in known]
        others = sorted({self._nodes.op(n) or n for n in unknown if not self._is_small_fill(n)})
        if others:
            shown = ", ".join(others[:_SHOWN])
            raise NotComparableError(f"it computes with {shown}, which is not run")

    def _is_small_fill(self, name: str) -> bool:
        """Whether a node fills a shape that the graph states, and that is no larger than weights'.

        TensorFlow writes the gammas of norms without one so.
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
            self.variables.append(name)
            variable = part.node.add(name=name, op="Placeholder")
            variable.attr["dtype"].type = tf.float32.as_datatype_enum
        elif nodes.op(name) == "ReadVariableOp" or nodes.op(name) in (
            stateless_operations.QUANTIZATION
        ):
            same = part.node.add(name=name, op="Identity")
            same.input.append(self._renamed(nodes.inputs(name)[0]))
            same.attr["T"].type = tf.float32.as_datatype_enum
        else:
            self._copy(part, name)

    def _copy(self, part: tf.GraphDef, name: str) -> None:
        copy = part.node.add()
        copy.CopyFrom(self._nodes.by_name[name])
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


def _first(error: BaseException) -> str:
    lines = str(error).splitlines()
    return lines[0][:200] if lines else type(error).__name__
