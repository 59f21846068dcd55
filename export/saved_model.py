"""Writes a module as a SavedModel folder. Imports TensorFlow."""

from __future__ import annotations

import tempfile
from pathlib import Path

import tensorflow as tf

from export import graphs, signatures
from export.labels import FILE_NAME, Labels
from export.module import HubModule
from export.portable import make_portable
from nets import NetworkSpec


def write(
    folder: Path, spec: NetworkSpec, task: str, built: graphs.Graphs, labels: Labels | None
) -> None:
    """Writes graphs and variables into an empty folder.

    Args:
      folder: where to.
      spec: the network.
      task: one of `nets.TASKS`.
      built: its graphs for the task, the variables filled.
      labels: names of the classes, or None.
    """
    with tempfile.TemporaryDirectory(prefix="slimhub-") as scratch:
        labels_path = None
        if labels is not None:
            labels_path = str(Path(scratch, FILE_NAME))
            Path(labels_path).write_text(labels.text(), "utf-8")
        module = HubModule(spec, built, labels_path)
        all_signatures = signatures.build(spec, task, built)
        tf.saved_model.save(module, str(folder), signatures=all_signatures)
    make_portable(folder)
    if labels is None:
        (folder / "assets").rmdir()  # TensorFlow makes it in any case
