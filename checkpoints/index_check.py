"""Checks what the table of a checkpoint says about its tensors, before TensorFlow acts on it.

TensorFlow ends the process at shapes that no tensor can have, instead of refusing them.
The rules are those of `TensorShape` and `TensorSlice`: at most 254 dimensions, none negative, and
fewer than 2^63 values; slices inside of their tensor.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from slimhub.checkpoints import string_table
from slimhub.checkpoints.string_table import TableError
from slimhub.common.quiet_tensorflow import imported

_MOST_DIMENSIONS = 254
_MOST_VALUES = 1 << 63
_MOST_SHARDS = 100_000


def check(prefix: Path, index: Path) -> None:
    """Checks the table of a checkpoint.

    Args:
      prefix: of the checkpoint; the index itself for V1.
      index: the file with the table.

    Raises:
      TableError: says what is wrong, as a clause.
      OSError: if the file cannot be read.
    """
    imported()  # registers the protos
    from google.protobuf.message import DecodeError

    try:
        if prefix == index:
            _check_first(index)
        else:
            _check_bundle(index)
    except DecodeError as error:
        raise TableError("an entry of its table is not a proto") from error


def _check_bundle(index: Path) -> None:
    from tensorflow.core.protobuf import tensor_bundle_pb2

    shards = 1
    for key, value in string_table.entries(index):
        if key == b"":
            shards = tensor_bundle_pb2.BundleHeaderProto.FromString(value).num_shards
            if not 0 < shards <= _MOST_SHARDS:
                raise TableError(f"its header states {shards} shards")
            continue
        entry = tensor_bundle_pb2.BundleEntryProto.FromString(value)
        shape = _shape(entry.shape)
        if not 0 <= entry.shard_id < shards or entry.offset < 0 or entry.size < 0:
            raise TableError("a tensor has a place that no file has")
        _check_slices(entry.slices, shape)


def _check_first(index: Path) -> None:
    """Checks the first entry of a V1 file, which describes all others."""
    from tensorflow.core.util import saved_tensor_slice_pb2

    for key, value in string_table.entries(index):
        if key != b"":
            raise TableError("it does not describe its tensors")
        slices = saved_tensor_slice_pb2.SavedTensorSlices.FromString(value)
        for tensor in slices.meta.tensor:
            _check_slices(tensor.slice, _shape(tensor.shape))
        return


def _shape(proto: Any) -> tuple[int, ...]:
    """The shape in a proto."""
    shape = tuple(dimension.size for dimension in proto.dim)
    if len(shape) > _MOST_DIMENSIONS:
        raise TableError(f"a tensor has {len(shape)} dimensions")
    if proto.unknown_rank or any(size < 0 for size in shape):
        raise TableError("a tensor has an unknown or negative dimension")
    # As TensorFlow multiplies: a dimension of none does not excuse the others.
    if math.prod(max(size, 1) for size in shape) >= _MOST_VALUES:
        raise TableError("a tensor has more values than can be counted")
    return shape


def _check_slices(slices: Iterable[Any], shape: tuple[int, ...]) -> None:
    for one in slices:
        if len(one.extent) != len(shape):
            raise TableError("a slice has other dimensions than its tensor")
        for extent, size in zip(one.extent, shape, strict=True):
            is_whole = not extent.HasField("length")
            length = size - extent.start if is_whole else extent.length
            if is_whole and extent.start:
                raise TableError("a slice starts, and has no length")
            if extent.start < 0 or length < 0 or extent.start + length > size:
                raise TableError("a slice is not inside of its tensor")
