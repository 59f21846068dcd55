"""Reads Keras weights in HDF5, in a separate process that `keras_weights` starts.

Each layer is a group that lists its variables' names in the attribute `weight_names`. Links that
lead out of the file are not followed. The output is one line of JSON, either {tensors} with the
name, type and shape of each or {error}, followed by the values.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterator
from typing import Any

import h5py
import numpy as np

_MODEL = "model_weights"  # the group in a file of a whole model, next to its optimizer's
_MAX_BYTES = 4 << 30  # of all weights; the same limit as for archives
_MAX_NAMES = 100_000


def main(path: str) -> None:
    """Writes the content of a file to stdout.

    Args:
      path: of the file.
    """
    try:
        with h5py.File(path, "r") as file:
            found = list(_weights(file.get(_MODEL, file)))
            described = [(name, str(data.dtype), data.shape) for name, data in found]
            values = [np.ascontiguousarray(data[()]) for _, data in found]
    except Exception as error:  # h5py raises many kinds for damaged files
        reason = str(error).split(" (")[0].strip("'\"").replace(path, "it")[:120]
        print(json.dumps({"error": reason}))  # noqa: T201
        return
    print(json.dumps({"tensors": described}), flush=True)  # noqa: T201
    for value in values:
        sys.stdout.buffer.write(value.tobytes())


def _weights(root: Any) -> Iterator[tuple[str, Any]]:
    """Names and arrays of all layers.

    Raises:
      ValueError: if a weight is not an array in the file, or is too large.
    """
    count = size = 0
    for layer in _texts(root, "layer_names"):
        for weight in _texts(_inside(root, layer), "weight_names"):
            data = _inside(root, f"{layer}/{weight}")
            count, size = count + 1, size + _bytes(data)
            if count > _MAX_NAMES or size > _MAX_BYTES:
                raise ValueError("a weight is too large")
            yield weight.removesuffix(":0"), data


def _texts(group: Any, attribute: str) -> list[str]:
    """A list of names in a group's attributes; Keras splits long ones."""
    found: list[str] = []
    for key in (attribute, *(f"{attribute}{part}" for part in range(1000))):
        if key in group.attrs:
            values = np.asarray(group.attrs[key]).ravel().tolist()
            found += [v.decode() if isinstance(v, bytes) else str(v) for v in values]
        elif key != attribute:
            break
    return found


def _inside(group: Any, path: str) -> Any:
    """The object at a path below a group.

    Raises:
      ValueError: if a link on the way leads elsewhere.
    """
    for part in path.strip("/").split("/"):
        if not isinstance(group, h5py.Group):
            raise ValueError("found a weight where a group should be")
        if not isinstance(group.get(part, getlink=True), h5py.HardLink):
            raise ValueError("a link leads out of the file")
        group = group[part]
    return group


def _bytes(data: Any) -> int:
    """The size of an array that is stored in the file itself.

    Raises:
      ValueError: for anything else.
    """
    is_plain = isinstance(data, h5py.Dataset) and not data.is_virtual and not data.external
    if not is_plain or data.dtype.kind not in "fiub" or data.shape is None:
        raise ValueError("a weight is not an array of numbers")
    return int(math.prod(data.shape)) * int(data.dtype.itemsize)
