"""Keras weights in HDF5, as `save_weights` of a model with a `hub.KerasLayer` writes them.

Each layer is a group that lists its variables' names in the attribute `weight_names`. Nothing that
points out of the file is followed.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Literal

import numpy as np

from slimhub.checkpoints.tensor_reader import TensorInfo
from slimhub.common.errors import CheckpointError

_MAGIC = b"\x89HDF\r\n\x1a\n"
_ENDINGS = (".h5", ".hdf5")
_MODEL = "model_weights"  # the group of a whole model that was saved, beside its optimizer's
_MAX_VALUES = 1 << 28  # of one tensor, see `frozen_graph`
_MAX_NAMES = 100_000
# What h5py raises for damaged files.
_ERRORS = (OSError, KeyError, ValueError, TypeError, RuntimeError, AttributeError, MemoryError)


def find_labels(files: Iterable[str]) -> list[str]:
    """Relative names of the HDF5 files."""
    return sorted(file for file in files if file.endswith(_ENDINGS))


def prefer(labels: list[str]) -> tuple[list[str], str]:
    """None is better than another."""
    return labels, ""


def claims(path: Path) -> bool:
    """Whether a file is HDF5, by its first bytes."""
    with path.open("rb") as file:
        return file.read(len(_MAGIC)) == _MAGIC


def locate_file(path: Path) -> Path:
    """The file itself."""
    return path


def has_shadows(path: Path) -> bool:
    """Not looked for."""
    return False


def locate_label(folder: Path, label: str) -> Path:
    """The file."""
    return folder / label


def is_part(file: str, label: str) -> bool:
    """The weights are one file."""
    return file == label


def list_files(path: Path) -> list[Path]:
    """The weights are one file."""
    return [path]


def open_source(path: Path) -> KerasWeights:
    """Finds the names.

    Raises:
      CheckpointError: for a damaged file, or one that Keras' `save_weights` has not written.
    """
    return KerasWeights(path)


class KerasWeights:
    """The weights of all layers by the names of their variables."""

    format: Literal["keras_h5"] = "keras_h5"
    graph_file: Path | None = None

    def __init__(self, path: Path) -> None:
        """Finds the names."""
        self.prefix = path
        self._places: dict[str, str] = {}
        self.tensors: dict[str, TensorInfo] = {}
        with _opened(path) as file:
            root = file.get(_MODEL, file)
            for layer in _texts(root, "layer_names"):
                for weight in _texts(_inside(root, layer), "weight_names"):
                    self._add(root, layer, weight)
        if not self.tensors:
            raise CheckpointError(
                f"{path.name} is a Keras HDF5 file without weights by the names of variables: "
                "export what `save_weights` of a model with a hub.KerasLayer writes, or a "
                "SavedModel of it"
            )

    def read(self, name: str) -> np.ndarray:
        """The value of a weight."""
        with _opened(self.prefix) as file:
            return np.asarray(_inside(file, self._places[name])[()])

    def _add(self, root: Any, layer: str, weight: str) -> None:
        name = weight.removesuffix(":0")
        if name in self.tensors or len(self.tensors) >= _MAX_NAMES:
            raise CheckpointError(
                f"{self.prefix.name} holds several weights named {name}, and cannot say which is "
                "meant: save each network on its own"
            )
        data = _inside(root, f"{layer}/{weight}")
        self.tensors[name] = TensorInfo(_plain_shape(data), str(data.dtype))
        self._places[name] = data.name


def _texts(group: Any, attribute: str) -> list[str]:
    """A list of names among a group's attributes, which Keras splits where it is long."""
    found: list[str] = []
    for key in (attribute, *(f"{attribute}{part}" for part in range(1000))):
        if key in group.attrs:
            values = np.asarray(group.attrs[key]).ravel().tolist()
            found += [v.decode() if isinstance(v, bytes) else str(v) for v in values]
        elif key != attribute:
            break
    return found


def _inside(group: Any, path: str) -> Any:
    """What is at a path below a group.

    Raises:
      ValueError: where a link on the way leads elsewhere.
    """
    import h5py

    for part in path.strip("/").split("/"):
        if not isinstance(group, h5py.Group):
            raise ValueError("a weight is where a group should be")
        if not isinstance(group.get(part, getlink=True), h5py.HardLink):
            raise ValueError("a link leads out of it")
        group = group[part]
    return group


def _plain_shape(data: Any) -> tuple[int, ...]:
    """The shape of an array that is in the file itself.

    Raises:
      ValueError: for anything else.
    """
    import h5py

    is_plain = isinstance(data, h5py.Dataset) and not data.is_virtual and not data.external
    if not is_plain or data.dtype.kind not in "fiub" or data.shape is None:
        raise ValueError("a weight is not an array of numbers")
    if math.prod(data.shape) > _MAX_VALUES:
        raise ValueError("a weight is too large")
    return tuple(int(size) for size in data.shape)


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[Any]:
    import h5py

    try:
        with h5py.File(path, "r") as file:
            yield file
    except _ERRORS as error:
        reason = str(error).split(" (")[0].strip("'\"").replace(f"{path.parent}/", "")[:120]
        raise CheckpointError(
            f"{path.name} is damaged and cannot be read ({reason}): copy or download it again"
        ) from error
