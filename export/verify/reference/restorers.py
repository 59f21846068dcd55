"""Reads the values of a source independently of the export, in another way for each kind.

Checkpoints and SavedModels: TensorFlow's Saver, which finds the names in object-based ones itself.
Frozen graphs: TensorFlow imports the constants and runs them. HDF5: arrays by their paths.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np
import tensorflow.compat.v1 as tf

from slimhub.checkpoints.readers import graph_constants
from slimhub.common.errors import CheckpointError
from slimhub.export.verify.subject import Source

Shapes = dict[str, list[int]]

_OBJECT_GRAPH = "_CHECKPOINTABLE_OBJECT_GRAPH"


class Restorer(Protocol):
    """One way to read values.

    Attributes:
      shapes: by the names of variables.
    """

    shapes: Shapes

    def restore(self, session: tf.Session, variables: Mapping[str, tf.Variable]) -> None:
        """Sets variables of a session from stored names."""

    def read(self, name: str) -> np.ndarray:
        """Reads a stored value."""


def open_source(source: Source) -> Restorer:
    """The restorer for a source."""
    ways: dict[str, type[_Frozen] | type[_Hdf5]] = {"frozen_graph": _Frozen, "keras_h5": _Hdf5}
    return ways.get(source.format, _Saved)(source.prefix)


def assign(session: tf.Session, variable: tf.Variable, value: np.ndarray) -> None:
    """Sets a variable of a session; feeding its initializer adds nothing to the graph."""
    session.run(variable.initializer, {variable.initializer.inputs[1]: value})


class _Saved:
    """Whatever TensorFlow's Saver restores."""

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self._reader = tf.train.load_checkpoint(prefix)
        self.shapes: Shapes = self._reader.get_variable_to_shape_map()
        self._dtypes: dict[str, tf.DType] = self._reader.get_variable_to_dtype_map()
        self._keys: dict[str, str] = {}
        if _OBJECT_GRAPH in self.shapes:
            self._keys = _names_in(self._reader.get_tensor(_OBJECT_GRAPH))
            self.shapes = {name: self.shapes[key] for name, key in self._keys.items()}

    def restore(self, session: tf.Session, variables: Mapping[str, tf.Variable]) -> None:
        kept = {n: v for n, v in variables.items() if self._dtype(n) == v.dtype.base_dtype}
        if kept:
            tf.train.Saver(kept).restore(session, self._prefix)
        for name in sorted(set(variables) - set(kept)):
            stored = tf.raw_ops.RestoreV2(
                prefix=self._prefix,
                tensor_names=[self._keys.get(name, name)],
                shape_and_slices=[""],
                dtypes=[self._dtype(name)],
            )
            assign(session, variables[name], session.run(tf.cast(stored[0], tf.float32)))

    def _dtype(self, name: str) -> tf.DType:
        return self._dtypes[self._keys.get(name, name)]

    def read(self, name: str) -> np.ndarray:
        return np.asarray(self._reader.get_tensor(self._keys.get(name, name)))


def _names_in(content: bytes) -> dict[str, str]:
    """Keys by variable name; the Saver has its own list, but does not expose it."""
    from tensorflow.core.protobuf import trackable_object_graph_pb2

    graph = trackable_object_graph_pb2.TrackableObjectGraph.FromString(content)
    values = [attribute for node in graph.nodes for attribute in node.attributes]
    return {value.full_name: value.checkpoint_key for value in values if value.full_name}


class _Assigned:
    """Values that are read and assigned one by one."""

    shapes: Shapes

    def restore(self, session: tf.Session, variables: Mapping[str, tf.Variable]) -> None:
        for name, variable in variables.items():
            assign(session, variable, self.read(name))

    def read(self, name: str) -> np.ndarray:
        raise NotImplementedError


class _Frozen(_Assigned):
    """Constants of a graph, evaluated by TensorFlow itself; nothing else is imported."""

    def __init__(self, path: str) -> None:
        whole, constants = tf.GraphDef(), tf.GraphDef()
        with tf.io.gfile.GFile(path, "rb") as file:
            if path.endswith(".pbtxt"):
                from google.protobuf import text_format

                text_format.Merge(file.read(), whole)
            else:
                whole.MergeFromString(file.read())
        names = graph_constants.find_names(whole)
        for node in whole.node:
            if node.name in names:  # whatever else the graph says about a constant is left out
                constant = constants.node.add(name=node.name, op="Const")
                constant.attr["value"].CopyFrom(node.attr["value"])
                constant.attr["dtype"].type = node.attr["value"].tensor.dtype
        with tf.Graph().as_default() as graph:
            try:
                tf.import_graph_def(constants, name="")
            except (ValueError, tf.errors.OpError) as error:
                reason = str(error).splitlines()[0]
                raise CheckpointError(f"a constant of the graph is damaged: {reason}") from error
        self._session = tf.Session(graph=graph)
        self._outputs = {op.name: op.outputs[0] for op in graph.get_operations()}
        self.shapes = {name: t.shape.as_list() for name, t in self._outputs.items()}

    def read(self, name: str) -> np.ndarray:
        return np.asarray(self._session.run(self._outputs[name]))


class _Hdf5(_Assigned):
    """Arrays of an HDF5 file by their paths, without its lists of names."""

    def __init__(self, path: str) -> None:
        import h5py

        self._file = h5py.File(path, "r")
        self._arrays: dict[str, Any] = {}
        self._file.visititems(self._add)
        self.shapes = {name: list(array.shape) for name, array in self._arrays.items()}

    def _add(self, path: str, item: Any) -> None:
        if hasattr(item, "shape") and not path.startswith("optimizer_weights/"):
            layer = path.removeprefix("model_weights/").partition("/")[2]
            self._arrays[layer.removesuffix(":0")] = item

    def read(self, name: str) -> np.ndarray:
        array = self._arrays[name]
        value = np.empty(array.shape, array.dtype)
        array.read_direct(value)
        return value
