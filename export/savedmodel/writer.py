"""Writes a module as a SavedModel folder. Imports TensorFlow."""

from __future__ import annotations

from pathlib import Path

import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2

from slimhub.common import disks
from slimhub.common.errors import ExportError
from slimhub.common.scratch import ScratchFolder
from slimhub.export.labels import FILE_NAME, Labels
from slimhub.export.savedmodel import graphs, portable, signatures
from slimhub.export.savedmodel.call_names import name_calls
from slimhub.export.savedmodel.forwarders import drop_forwarders
from slimhub.export.savedmodel.module import HubModule
from slimhub.export.savedmodel.redundant import drop_redundant
from slimhub.nets import NetworkSpec


def write(
    folder: Path, spec: NetworkSpec, task: str, built: graphs.Graphs, labels: Labels | None
) -> None:
    """Writes graphs and variables into an empty folder.

    Args:
      folder: the target.
      spec: the network.
      task: one of `nets.TASKS`.
      built: its graphs for the task, with the variables filled.
      labels: names of the classes, or None.

    Raises:
      ExportError: if a graph needs what the oldest release does not have, or the files cannot be
        written.
    """
    with ScratchFolder() as scratch:
        labels_path = None
        if labels is not None:
            labels_path = str(Path(scratch, FILE_NAME))
            Path(labels_path).write_text(labels.text(), "utf-8")
        module = HubModule(spec, built, labels_path)
        all_signatures = signatures.build(spec, task, built, labels)
        try:
            tf.saved_model.save(module, str(folder), signatures=all_signatures)
        except tf.errors.OpError as error:  # such as a full disk
            free = disks.free_bytes(folder)
            room = "" if free is None else f"; the disk has {free / 1e6:.0f} MB free"
            raise ExportError(f"cannot write the SavedModel: {error.message}{room}") from error
    rewrite(folder)
    if labels is None:
        (folder / "assets").rmdir()  # TensorFlow always creates it


def rewrite(folder: Path) -> None:
    """Makes the graph smaller and portable, and removes what is not reproducible.

    Args:
      folder: a SavedModel that TensorFlow has just written.

    Raises:
      ExportError: if a graph needs what the oldest release does not have.
    """
    path = folder / "saved_model.pb"
    saved = saved_model_pb2.SavedModel.FromString(path.read_bytes())
    for step in (*portable.STEPS, name_calls, drop_redundant, drop_forwarders):
        step(saved)
    path.write_bytes(saved.SerializeToString(deterministic=True))
    # It holds a random number, and digests of the unprocessed graph. Every release loads without
    # it: those before 2.12 do not know it, later ones only log its absence.
    (folder / "fingerprint.pb").unlink(missing_ok=True)
