"""SavedModels of TensorFlow 1 and 2, and Hub modules of TensorFlow 1.

Only the checkpoint inside is read; the graph is neither loaded nor run.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from slimhub.checkpoints import names, tensor_reader
from slimhub.checkpoints.readers.object_names import ObjectTensors
from slimhub.checkpoints.readers.saver import SaverTensors
from slimhub.checkpoints.readers.tensor_source import TensorSource
from slimhub.checkpoints.tensor_reader import TensorReader
from slimhub.common import paths
from slimhub.common.errors import CheckpointError

_VARIABLES = "variables/variables"
RECORD = "assets.extra/slimhub.json"  # of a slimhub artifact


def find_labels(files: Iterable[str]) -> list[str]:
    """Folders of the SavedModels among the files; one that is not in a folder goes by its graph."""
    graphs = [
        PurePosixPath(file) for file in files if PurePosixPath(file).name == names.SAVED_MODEL
    ]
    return sorted(
        names.SAVED_MODEL if len(graph.parts) == 1 else graph.parent.as_posix() for graph in graphs
    )


def prefer(labels: list[str]) -> tuple[list[str], str]:
    """Prefers the newest export of an Estimator in each folder, by its timestamp."""
    newest: dict[str, str] = {}
    others = []
    for label in labels:
        path = PurePosixPath(label)
        parent = path.parent.as_posix()
        if not path.name.isdecimal():
            others.append(label)
        elif parent not in newest or _time(PurePosixPath(newest[parent])) < _time(path):
            newest[parent] = label
    return sorted([*others, *newest.values()]), "the newest in its folder"


def _time(path: PurePosixPath) -> tuple[int, str]:
    """What orders timestamps in names of any length."""
    digits = path.name.lstrip("0")
    return len(digits), digits


def claims(path: Path) -> bool:
    """Whether a file identifies the folder of a SavedModel."""
    return path.name in (names.SAVED_MODEL, names.HUB_MODULE)


def locate_file(path: Path) -> Path:
    """The graph next to a file, which may be a Hub module's."""
    return path.with_name(names.SAVED_MODEL)


def has_shadows(path: Path) -> bool:
    """Does not look for averages."""
    return False


def locate_label(folder: Path, label: str) -> Path:
    """The graph's file; a Hub module that was named directly may lack it."""
    return (
        folder / names.SAVED_MODEL
        if label == names.SAVED_MODEL
        else folder / label / names.SAVED_MODEL
    )


def is_part(file: str, label: str) -> bool:
    """Whether a file belongs to the SavedModel: graph, variables, or the record of an artifact."""
    inside = file if label == names.SAVED_MODEL else file.removeprefix(f"{label}/")
    return (inside != file or label == names.SAVED_MODEL) and (
        inside in (names.SAVED_MODEL, names.HUB_MODULE, RECORD)
        or inside.startswith(f"{_VARIABLES}.")
    )


def list_files(path: Path) -> list[Path]:
    """Graph, index, data."""
    return [path, *tensor_reader.files_of(_prefix(path))]


def open_source(path: Path) -> TensorSource:
    """Opens the checkpoint inside.

    Raises:
      CheckpointError: if there is no checkpoint, or it is damaged.
    """
    reader = TensorReader(_prefix(path))
    if names.OBJECT_GRAPH in reader.tensors:
        return ObjectTensors(reader, "saved_model_2", path)
    return _SaverModel(reader, path)


class _SaverModel(SaverTensors):
    """The tensors of a SavedModel written by TensorFlow 1."""

    def __init__(self, reader: TensorReader, path: Path) -> None:
        self._reader = reader
        self.prefix, self.tensors, self.graph_file = reader.prefix, reader.tensors, path
        is_module = path.with_name(names.HUB_MODULE).is_file()
        self.format = "hub_module_1" if is_module else "saved_model_1"


def _prefix(path: Path) -> Path:
    if not path.is_file():
        raise CheckpointError(f"{path.name} is missing: copy it to the folder of its other files")
    prefix = path.parent / _VARIABLES
    if not prefix.parent.is_dir():
        raise CheckpointError(
            f"{paths.resolved(path.parent).name} is a SavedModel without variables: export the "
            "checkpoint or frozen graph it was made from"
        )
    return prefix
