"""An artifact on disk: its graph, variable names and record. Imports TensorFlow."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import tensorflow as tf
from google.protobuf.message import DecodeError
from tensorflow.core.protobuf import saved_model_pb2, saved_object_graph_pb2

from slimhub import nets
from slimhub.common import foreign_files
from slimhub.common.errors import ExportError, RecordError
from slimhub.common.tensorflow_internals import concrete_functions
from slimhub.export.record import PATH, Record
from slimhub.export.verify.subject import Subject, from_record
from slimhub.nets import size_notation

_SHOWN = 200  # characters of a TensorFlow message to show


class Artifact:
    """A SavedModel folder."""

    def __init__(self, folder: str | Path, record: Record | None = None) -> None:
        """Reads what does not require loading the graph.

        Args:
          folder: path.
          record: of the artifact, if it is not on disk yet.

        Raises:
          ExportError: if it is not a SavedModel that can be parsed.
        """
        self.folder = Path(folder)
        try:
            self._stamps = _stamps(self.folder)
            graph = foreign_files.read(self.folder / "saved_model.pb", foreign_files.LARGEST_PROTO)
            self.proto = saved_model_pb2.SavedModel.FromString(graph)
        except (OSError, DecodeError) as error:
            raise ExportError(f"cannot read {self.folder.name}/saved_model.pb: {error}") from error
        if not self.proto.meta_graphs:
            raise ExportError(f"{self.folder.name}/saved_model.pb does not contain a graph")
        self.record = record or self._read_record()

    def _read_record(self) -> Record | None:
        """The record on disk, or None.

        Raises:
          ExportError: if it cannot be read.
        """
        try:
            return Record.read(self.folder) if (self.folder / PATH).exists() else None
        except RecordError as error:
            raise ExportError(f"the record {PATH} is not valid: {error.reason}") from error

    @functools.cached_property
    def loaded(self) -> Any:
        """The object returned by tf.saved_model.load.

        Raises:
          ExportError: if TensorFlow cannot load it.
        """
        try:
            return tf.saved_model.load(str(self.folder))
        except Exception as error:
            first = str(error).strip().splitlines()[0][:_SHOWN]
            raise ExportError(f"TensorFlow cannot load it: {first}") from error

    def check_unchanged(self) -> None:
        """Refuses an artifact whose files are not those that were looked at first.

        TensorFlow reads them again, by their names.

        Raises:
          ExportError: if one of them was written to, replaced, added or removed.
        """
        try:
            is_same = _stamps(self.folder) == self._stamps
        except OSError:
            is_same = False
        if not is_same:
            raise ExportError(
                f"files of {self.folder.name} were written to or replaced while they were read: "
                "run the command again when nothing else writes to it"
            )

    def children(self) -> dict[str, saved_object_graph_pb2.SavedObject]:
        """Nodes of the object graph by path: the root's children, and their children."""
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
        """One of the functions behind `__call__`, without TensorFlow tracing a call.

        Args:
          training: as in the contract.
          return_endpoints: as in the contract.

        Returns:
          A concrete function of images and `batch_norm_momentum`.

        Raises:
          ExportError: if there is none.
        """
        for function in concrete_functions(self.loaded.__call__):
            if function.structured_input_signature[0][1:3] == (training, return_endpoints):
                return function
        raise ExportError(
            f"no function for training={training}, return_endpoints={return_endpoints}"
        )

    def identify(self) -> Subject | None:
        """The network it is: from its record, or else from its variables.

        Returns:
          None if no registered network fits, or several do.

        Raises:
          ExportError: if the record names something that this version does not know.
        """
        if self.record is not None:
            try:
                subject = from_record(self.record)
                subject.spec()
            except nets.NetworkError as error:
                raise ExportError(f"the record {PATH} cannot be used: {error}") from error
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

    def _image_size(self) -> int | str | None:
        """The size of images that `serving_default` takes, as an option; None if any is."""
        signature = self.proto.meta_graphs[0].signature_def.get("serving_default")
        for info in signature.inputs.values() if signature else ():
            dimensions: list[int] = [dimension.size for dimension in info.tensor_shape.dim]
            if len(dimensions) == 4 and min(dimensions[1:3]) > 0:
                return size_notation.of_sides(*dimensions[1:3])
        return None


def _stamps(folder: Path) -> dict[Path, tuple[int, ...]]:
    """What differs once a file of an artifact was replaced or written to."""
    return {path: foreign_files.stamp(path) for path in folder.rglob("*") if path.is_file()}
