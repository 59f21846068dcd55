"""Graphs that lie beside weights: which files they are in, and what is in those."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from slimhub.checkpoints import foreign_files, names
from slimhub.checkpoints.readers import graph_constants
from slimhub.common.errors import CheckpointError

_META = ".meta"
_TEXT = "graph.pbtxt"  # of a training folder
_MAX_BYTES = (2 << 30) - 1  # where protocol buffers end
_MAX_GRAPHS = 8  # beside one checkpoint; more is a collection of other networks'


def find(files: Iterable[str], label: str) -> list[str]:
    """The files that may hold the graph of a checkpoint, the likeliest first.

    That of its own save, the text in its folder, then graphs by any name in its folder and in
    those above it.

    Args:
      files: relative names of a folder or archive.
      label: of the checkpoint in it.
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
    """The files beside a checkpoint that may hold its graph, see `find`.

    Args:
      prefix: of the checkpoint.
    """
    folder = prefix.parent
    files = [entry.name for entry in folder.iterdir() if entry.is_file()]
    return [folder / file for file in find(files, prefix.name)]


def label_of(path: Path | str) -> str:
    """What a graph's file is called in messages."""
    path = Path(path)
    return f"{path.parent.name}/{path.name}" if path.name == names.SAVED_MODEL else path.name


def read(path: Path | str) -> Iterator[Any]:
    """The graphs in a file; of several those that were not made for training come first.

    Args:
      path: of a `.meta` file, a frozen graph, a graph as text, or a SavedModel.

    Raises:
      CheckpointError: for a damaged file, or one that is too large.
    """
    path = Path(path)
    if path.suffix != _META and path.name != names.SAVED_MODEL:
        yield graph_constants.parse(path)
        return
    for meta in sorted(_read_metas(path), key=lambda m: "train" in m.meta_info_def.tags):
        yield meta.graph_def


def _read_metas(path: Path) -> list[Any]:
    from google.protobuf.message import DecodeError

    from slimhub.common.quiet_tensorflow import tensorflow

    content = foreign_files.read(path, _MAX_BYTES)
    tensorflow()  # it registers the protos
    from tensorflow.core.protobuf import meta_graph_pb2, saved_model_pb2

    try:
        if path.suffix == _META:
            return [meta_graph_pb2.MetaGraphDef.FromString(content)]
        return list(saved_model_pb2.SavedModel.FromString(content).meta_graphs)
    except (DecodeError, RecursionError) as error:
        raise CheckpointError(f"{path.name} is damaged, or holds no graph of TensorFlow") from error
