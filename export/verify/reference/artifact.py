"""An artifact on disk: its graph, its variables' names, its record. Imports TensorFlow."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import tensorflow as tf
from google.protobuf.message import DecodeError
from tensorflow.core.protobuf import saved_model_pb2, saved_object_graph_pb2

from slimhub import nets
from slimhub.common.errors import ExportError, RecordError
from slimhub.common.tensorflow_internals import concrete_functions
from slimhub.export.record import PATH, Record
from slimhub.export.verify.subject import Subject, from_record

_SHOWN = 200  # characters of what TensorFlow says


class Artifact:
    """A SavedModel folder."""

    def __init__(self, folder: str | Path, record: Record | None = None) -> None:
        """Reads what does not need the graph to be loaded.

        Args:
          folder: path.
          record: of it, where that is not on disk yet.

        Raises:
          ExportError: where it is not a SavedModel that can be parsed.
        """
        self.folder = Path(folder)
        try:
            graph = (self.folder / "saved_model.pb").read_bytes()
            self.proto = saved_model_pb2.SavedModel.FromString(graph)
        except (OSError, DecodeError) as error:
            raise ExportError(
                f"{self.folder.name}/saved_model.pb cannot be read: {error}"
            ) from error
        if not self.proto.meta_graphs:
            raise ExportError(f"{self.folder.name}/saved_model.pb holds no graph")
        self.record = record or self._read_record()

    def _read_record(self) -> Record | None:
        """The record on disk, None where there is none.

        Raises:
          ExportError: where it cannot be read.
        """
        try:
            return Record.read(self.folder) if (self.folder / PATH).exists() else None
        except RecordError as error:
            raise ExportError(
                f"the record {PATH} is not what slimhub writes, and is of no use: {error.reason}"
            ) from error

    @functools.cached_property
    def loaded(self) -> Any:
        """The object, as tf.saved_model.load gives it.

        Raises:
          ExportError: where TensorFlow cannot load it.
        """
        try:
            return tf.saved_model.load(str(self.folder))
        except Exception as error:
            first = str(error).strip().splitlines()[0][:_SHOWN]
            raise ExportError(f"TensorFlow cannot load it: {first}") from error

    def children(self) -> dict[str, saved_object_graph_pb2.SavedObject]:
        """Nodes of the object graph by path: the root's children, and theirs."""
        nodes = self.proto.meta_graphs[0].object_graph_def.nodes
        found = {}
        for child in nodes[0].children if nodes else ():
            found[child.local_name] = nodes[child.node_id]
            for inner in nodes[child.node_id].children:
                found[f"{child.local_name}/{inner.local_name}"] = nodes[inner.node_id]
        return found

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Shapes of all variables by name."""
        nodes = self.proto.meta_graphs[0].object_graph_def.nodes
        variables = [node.variable for node in nodes if node.WhichOneof("kind") == "variable"]
        return {v.name: tuple(dim.size for dim in v.shape.dim) for v in variables}

    def values(self) -> dict[str, tf.Variable]:
        """The loaded variables by name."""
        return {variable.name.removesuffix(":0"): variable for variable in self.loaded.variables}

    def function(self, training: bool, return_endpoints: bool) -> Any:
        """One of the functions behind `__call__`, which TensorFlow need not trace for a call.

        Args:
          training: as in the contract.
          return_endpoints: as in the contract.

        Returns:
          A concrete function of images and `batch_norm_momentum`.

        Raises:
          ExportError: where there is none.
        """
        for function in concrete_functions(self.loaded.__call__):
            if function.structured_input_signature[0][1:3] == (training, return_endpoints):
                return function
        raise ExportError(
            f"no function for training={training}, return_endpoints={return_endpoints}"
        )

    def identify(self) -> Subject | None:
        """Which network it is: as its record says, or else as its variables fit.

        Returns:
          None where no registered network, or more than one, fits.

        Raises:
          ExportError: where the record names what this version does not know.
        """
        if self.record is not None:
            try:
                subject = from_record(self.record)
                subject.spec()
            except nets.NetworkError as error:
                raise ExportError(f"the record {PATH} is of no use: {error}") from error
            return subject
        fits = [fit for fit in nets.find_fits(self.shapes()) if fit.is_whole]
        size = self._image_size()
        fits = [fit for fit in fits if size in (None, nets.get(fit.network).image_size)] or fits
        if not fits or len({nets.get(fit.network).scope for fit in fits}) > 1:
            return None
        fit = fits[0]
        options = nets.NetworkOptions(image_size=size, num_classes=fit.num_classes)
        task = "feature_vector" if fit.num_classes is None else "classification"
        return Subject(fit.network, task, options)

    def _image_size(self) -> int | None:
        """Height of the images that `serving_default` takes; None where it is free."""
        signature = self.proto.meta_graphs[0].signature_def.get("serving_default")
        for info in signature.inputs.values() if signature else ():
            dimensions: list[int] = [dimension.size for dimension in info.tensor_shape.dim]
            if len(dimensions) == 4 and dimensions[1] > 0:
                return dimensions[1]
        return None
