"""Finds the tensors of object-based checkpoints by the names of their variables.

The keys are paths through Python objects, such as `variables/17/.ATTRIBUTES/VARIABLE_VALUE`. The
original name of each variable is stored with its key, in a proto inside the checkpoint.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from slimhub.checkpoints import names
from slimhub.checkpoints.tensor_reader import TensorReader
from slimhub.common.errors import CheckpointError

if TYPE_CHECKING:
    import numpy as np

_VALUE = "VARIABLE_VALUE"  # the attribute that holds a variable's value
# What training stores in a checkpoint of Keras or `tf.train.Checkpoint`: optimizer, metrics,
# counter.
_TRAINING = re.compile(r"(^|/)(optimizer|keras_api/metrics|save_counter)/|/\.OPTIMIZER_SLOT/")


class ObjectTensors:
    """The variables of an object-based checkpoint, except those of optimizers and metrics."""

    def __init__(
        self,
        reader: TensorReader,
        form: Literal["object_based", "saved_model_2"],
        graph_file: Path | None = None,
    ) -> None:
        """Reads the names of the variables.

        Args:
          reader: of the checkpoint.
          form: the format it was found in.
          graph_file: of the SavedModel that it is part of.

        Raises:
          CheckpointError: if the proto is damaged, or names are not unique.
        """
        self.format, self.graph_file, self.prefix = form, graph_file, reader.prefix
        self._reader = reader
        self._keys = dict(sorted(_keys(reader).items()))
        self.tensors = {name: reader.tensors[key] for name, key in self._keys.items()}
        if not self.tensors:
            raise CheckpointError(
                f"{reader.prefix.name} is an object-based checkpoint without named variables: "
                "export a SavedModel of the same object"
            )

    def read(self, name: str) -> np.ndarray:
        """The value of a variable."""
        return self._reader.read(self._keys[name])


def _keys(reader: TensorReader) -> dict[str, str]:
    """Keys by the names of variables."""
    keys: dict[str, str] = {}
    for name, key in _named(_object_graph(reader)):
        if key not in reader.tensors:
            raise _damaged(reader)
        if keys.setdefault(name, key) != key:
            raise CheckpointError(
                f"{reader.prefix.name} holds several variables named {name}, so it is not clear "
                "which one to use: save each network on its own"
            )
    return keys


def _named(graph: Any) -> Iterator[tuple[str, str]]:
    for node in graph.nodes:
        for attribute in node.attributes:
            key = attribute.checkpoint_key
            if attribute.name == _VALUE and attribute.full_name and not _TRAINING.search(key):
                yield attribute.full_name, key


def _object_graph(reader: TensorReader) -> Any:
    from google.protobuf.message import DecodeError
    from tensorflow.core.protobuf import trackable_object_graph_pb2

    content = reader.read_bytes(names.OBJECT_GRAPH)
    graph = trackable_object_graph_pb2.TrackableObjectGraph()
    try:
        graph.ParseFromString(content)
    except DecodeError as error:
        raise _damaged(reader) from error
    return graph


def _damaged(reader: TensorReader) -> CheckpointError:
    return CheckpointError(
        f"{reader.files[0].name} is damaged and cannot be read (the names of its variables): copy "
        "or download the checkpoint again"
    )
