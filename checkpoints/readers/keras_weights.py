"""Keras weights in HDF5, as `save_weights` of a model with a `hub.KerasLayer` writes them.

The file is read by a process of its own, see `hdf5_layers`: a damaged one can crash the HDF5
library, or keep it busy for ever.
"""

from __future__ import annotations

import json
import math
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Literal

import numpy as np

from slimhub.checkpoints.tensor_reader import TensorInfo
from slimhub.common.errors import CheckpointError

_MAGIC = b"\x89HDF\r\n\x1a\n"
_ENDINGS = (".h5", ".hdf5")
# The longest that a file is read: a damaged one can keep the library busy for ever.
_SECONDS, _BYTES_PER_SECOND = 30.0, 5e6
# Finds modules where this process does, and not in the working folder.
_PROGRAM = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); "
    "from slimhub.checkpoints.readers import hdf5_layers; hdf5_layers.main(sys.argv[2])"
)


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
        """Reads them all: they are the smaller part of what an export holds in memory."""
        self.prefix = path
        self._values = _read(path)
        self.tensors = {
            name: TensorInfo(value.shape, str(value.dtype)) for name, value in self._values.items()
        }
        if not self.tensors:
            raise CheckpointError(
                f"{path.name} is a Keras HDF5 file without weights by the names of variables: "
                "export what `save_weights` of a model with a hub.KerasLayer writes, as .h5 and "
                "not as .weights.h5, which holds no names, or a SavedModel of it"
            )

    def read(self, name: str) -> np.ndarray:
        """The value of a weight."""
        return self._values[name]


def _read(path: Path) -> dict[str, np.ndarray]:
    command = [sys.executable, "-c", _PROGRAM, json.dumps(sys.path), str(path.absolute())]
    try:
        finished = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=True,
            timeout=_SECONDS + path.stat().st_size / _BYTES_PER_SECOND,
        )
    except subprocess.SubprocessError as error:  # it crashed, or loops without end
        raise _damaged(path, "the HDF5 library gives up") from error
    header, _, content = finished.stdout.partition(b"\n")
    described = json.loads(header)
    if "error" in described:
        raise _damaged(path, described["error"])
    values: dict[str, np.ndarray] = {}
    offset = 0
    for name, dtype, shape in described["tensors"]:
        if name in values:
            raise CheckpointError(
                f"{path.name} holds several weights named {name}, and cannot say which is meant: "
                "save each network on its own"
            )
        count = math.prod(shape)
        values[name] = np.frombuffer(content, dtype, count, offset).reshape(shape)
        offset += values[name].nbytes
    return dict(sorted(values.items()))


def _damaged(path: Path, reason: str) -> CheckpointError:
    return CheckpointError(
        f"{path.name} is damaged and cannot be read ({reason}): copy or download it again"
    )
