"""Keras weights in HDF5, as `save_weights` writes them for a model with a `hub.KerasLayer`.

A separate process reads the file, see `hdf5_layers`: a damaged file can crash the HDF5 library or
keep it busy forever.
"""

from __future__ import annotations

import json
import math
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from slimhub.checkpoints import source_files
from slimhub.checkpoints.readers.single_file import has_shadows as has_shadows
from slimhub.checkpoints.readers.single_file import is_part as is_part
from slimhub.checkpoints.readers.single_file import list_files as list_files
from slimhub.checkpoints.readers.single_file import locate_file as locate_file
from slimhub.checkpoints.readers.single_file import locate_label as locate_label
from slimhub.checkpoints.tensor_reader import TensorInfo
from slimhub.common.errors import CheckpointError
from slimhub.common.json_process import python_command

if TYPE_CHECKING:
    import numpy as np

_MAGIC = b"\x89HDF\r\n\x1a\n"
_ENDINGS = (".h5", ".hdf5")
# Time limit for reading a file: a damaged one can keep the library busy forever.
_SECONDS, _BYTES_PER_SECOND = 30.0, 5e6
_READER = "slimhub.checkpoints.readers.hdf5_layers"


def find_labels(files: Iterable[str]) -> list[str]:
    """Relative names of the HDF5 files."""
    return sorted(file for file in files if file.endswith(_ENDINGS))


def prefer(labels: list[str]) -> tuple[list[str], str]:
    """Has no preference."""
    return labels, ""


def claims(path: Path) -> bool:
    """Whether a file is HDF5, judging by its first bytes."""
    return source_files.head(path, len(_MAGIC)) == _MAGIC


def open_source(path: Path) -> KerasWeights:
    """Reads the names of the weights.

    Raises:
      CheckpointError: if the file is damaged, or Keras' `save_weights` did not write it.
    """
    return KerasWeights(path)


class KerasWeights:
    """The weights of all layers, by the names of their variables."""

    format: Literal["keras_h5"] = "keras_h5"
    graph_file: Path | None = None

    def __init__(self, path: Path) -> None:
        """Reads all of them at once: they are the smaller part of the memory an export needs."""
        self.prefix = path
        self._values = _read(path)
        self.tensors = {
            name: TensorInfo(value.shape, str(value.dtype)) for name, value in self._values.items()
        }
        if not self.tensors:
            raise CheckpointError(
                f"{path.name} is a Keras HDF5 file without weights under the names of "
                "variables: export what `save_weights` of a model with a hub.KerasLayer writes "
                "to a .h5 file (.weights.h5 files do not hold names), or a SavedModel of the "
                "model"
            )

    def read(self, name: str) -> np.ndarray:
        """The value of a weight."""
        return self._values[name]


def _read(path: Path) -> dict[str, np.ndarray]:
    try:
        finished = subprocess.run(
            python_command(_READER, str(path.absolute())),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=True,
            timeout=_SECONDS + path.stat().st_size / _BYTES_PER_SECOND,
        )
    except subprocess.SubprocessError as error:  # it crashed, or loops forever
        raise _damaged(path, "the HDF5 library failed") from error
    header, _, content = finished.stdout.partition(b"\n")
    described = json.loads(header)
    if "error" in described:
        raise _damaged(path, described["error"])
    import numpy as np

    values: dict[str, np.ndarray] = {}
    offset = 0
    for name, dtype, shape in described["tensors"]:
        if name in values:
            raise CheckpointError(
                f"{path.name} holds several weights named {name}, so it is not clear which one "
                "to use: save each network on its own"
            )
        count = math.prod(shape)
        values[name] = np.frombuffer(content, dtype, count, offset).reshape(shape)
        offset += values[name].nbytes
    return dict(sorted(values.items()))


def _damaged(path: Path, reason: str) -> CheckpointError:
    return CheckpointError(
        f"{path.name} is damaged and cannot be read ({reason}): copy or download it again"
    )
