"""SavedModels of TensorFlow 1 and 2, and Hub modules of TensorFlow 1.

Only the checkpoint inside is read: their graph is neither loaded nor run.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from slimhub.checkpoints import names, tensor_reader
from slimhub.checkpoints.readers.object_names import ObjectTensors
from slimhub.checkpoints.readers.saver import SaverTensors
from slimhub.checkpoints.readers.tensor_source import TensorSource
from slimhub.checkpoints.tensor_reader import TensorReader
from slimhub.common.errors import CheckpointError

_VARIABLES = "variables/variables"
RECORD = "assets.extra/slimhub.json"  # of an artifact of slimhub


def find_labels(files: Iterable[str]) -> list[str]:
    """Folders of the SavedModels among files; one that is not in a folder goes by its graph."""
    graphs = [
        PurePosixPath(file) for file in files if PurePosixPath(file).name == names.SAVED_MODEL
    ]
    return sorted(
        names.SAVED_MODEL if len(graph.parts) == 1 else graph.parent.as_posix() for graph in graphs
    )


def prefer(labels: list[str]) -> tuple[list[str], str]:
    """The newest of each folder in which an Estimator exported, by its time in seconds."""
    newest: dict[str, str] = {}
    others = []
    for label in labels:
        path = PurePosixPath(label)
        parent = path.parent.as_posix()
        if not path.name.isdecimal():
            others.append(label)
        elif parent not in newest or int(PurePosixPath(newest[parent]).name) < int(path.name):
            newest[parent] = label
    return sorted([*others, *newest.values()]), "the newest in its folder"


def claims(path: Path) -> bool:
    """Whether a file is that by which a SavedModel's folder is known."""
    return path.name in (names.SAVED_MODEL, names.HUB_MODULE)


def locate_file(path: Path) -> Path:
    """The graph beside a file, which may be a Hub module's."""
    return path.with_name(names.SAVED_MODEL)


def has_shadows(path: Path) -> bool:
    """Not looked for."""
    return False


def locate_label(folder: Path, label: str) -> Path:
    """The graph's file, which need not be there for a Hub module that was named."""
    return (
        folder / names.SAVED_MODEL
        if label == names.SAVED_MODEL
        else folder / label / names.SAVED_MODEL
    )


def is_part(file: str, label: str) -> bool:
    """Whether a file is the SavedModel's: graph, variables, and the record of an artifact."""
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
      CheckpointError: where there is none, or it is damaged.
    """
    reader = TensorReader(_prefix(path))
    if names.OBJECT_GRAPH in reader.tensors:
        return ObjectTensors(reader, "saved_model_2", path)
    return _SaverModel(reader, path)


class _SaverModel(SaverTensors):
    """The tensors of a SavedModel that TensorFlow 1 wrote."""

    def __init__(self, reader: TensorReader, path: Path) -> None:
        self._reader = reader
        self.prefix, self.tensors, self.graph_file = reader.prefix, reader.tensors, path
        is_module = path.with_name(names.HUB_MODULE).is_file()
        self.format = "hub_module_1" if is_module else "saved_model_1"


def _prefix(path: Path) -> Path:
    if not path.is_file():
        raise CheckpointError(f"{path.name} is missing: copy it to where its other files are")
    prefix = path.parent / _VARIABLES
    if not prefix.parent.is_dir():
        raise CheckpointError(
            f"{path.parent.resolve().name} is a SavedModel without variables: export the "
            "checkpoint or the frozen graph that it was made from"
        )
    return prefix
