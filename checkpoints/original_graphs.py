"""Finds and reads graphs that are stored next to weights."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from slimhub.checkpoints import names, source_files
from slimhub.checkpoints.readers import graph_constants
from slimhub.common.errors import CheckpointError

_META = ".meta"
_TEXT = "graph.pbtxt"  # written to a training folder
_MAX_BYTES = (2 << 30) - 1  # size limit of protocol buffers
_MAX_GRAPHS = 8  # per checkpoint; folders with more hold a collection of other networks


def find(files: Iterable[str], label: str) -> list[str]:
    """Files that may hold the graph of a checkpoint, the likeliest first.

    First the graph of its own save, then the text graph in its folder, then graphs of any name in
    its folder and the folders above it.

    Args:
      files: relative names in a folder or archive.
      label: of the checkpoint.
    """
    present = set(files)
    folder = PurePosixPath(label).parent
    first = [f"{label}{_META}", (folder / _TEXT).as_posix()]
    above = [folder, *folder.parents]
    others = sorted(
        (file for file in present if names.is_graph(file) and PurePosixPath(file).parent in above),
        key=lambda file: (above.index(PurePosixPath(file).parent), file),
    )
    found = dict.fromkeys([*(file for file in first if file in present), *others])
    return list(found)[:_MAX_GRAPHS]


def beside(prefix: Path) -> list[Path]:
    """Files next to a checkpoint that may hold its graph, see `find`.

    Args:
      prefix: of the checkpoint.
    """
    folder = prefix.parent
    files = [entry.name for entry in folder.iterdir() if entry.is_file()]
    return [folder / file for file in find(files, prefix.name)]


def label_of(path: Path | str) -> str:
    """How messages refer to the file of a graph."""
    path = Path(path)
    return f"{path.parent.name}/{path.name}" if path.name == names.SAVED_MODEL else path.name


def read(path: Path | str) -> Iterator[Any]:
    """Reads the graphs in a file; those not made for training come first.

    Args:
      path: of a `.meta` file, a frozen graph, a text graph, or a SavedModel.

    Raises:
      CheckpointError: if the file is damaged or too large.
    """
    path = Path(path)
    if path.suffix != _META and path.name != names.SAVED_MODEL:
        yield graph_constants.parse(path)
        return
    for meta in sorted(_read_metas(path), key=lambda m: "train" in m.meta_info_def.tags):
        yield meta.graph_def


def _read_metas(path: Path) -> list[Any]:
    from google.protobuf.message import DecodeError

    from slimhub.common.quiet_tensorflow import imported

    content = source_files.read(path, _MAX_BYTES)
    imported()  # registers the protos
    from tensorflow.core.protobuf import meta_graph_pb2, saved_model_pb2

    try:
        if path.suffix == _META:
            return [meta_graph_pb2.MetaGraphDef.FromString(content)]
        return list(saved_model_pb2.SavedModel.FromString(content).meta_graphs)
    except (DecodeError, RecursionError) as error:
        raise CheckpointError(
            f"{path.name} is damaged, or does not hold a TensorFlow graph"
        ) from error
