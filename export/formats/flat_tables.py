"""Tables of flatbuffers without generated code: written from, and read as, slots by number."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import flatbuffers
from flatbuffers import encode, number_types

_FIRST_SLOT = 4  # bytes in a vtable before the offset of the first slot


@dataclasses.dataclass(frozen=True)
class Byte:
    """A scalar of one byte, such as an enum's value."""

    value: int


@dataclasses.dataclass(frozen=True)
class Number:
    """An unsigned 32-bit scalar."""

    value: int


@dataclasses.dataclass(frozen=True)
class Floats:
    """A vector of 32-bit floats."""

    values: Sequence[float]


# The fields of a table by slot: scalars, texts, tables, vectors of tables, vectors of floats.
Table = Mapping[int, Any]


def pack(table: Table, identifier: bytes) -> bytes:
    """A flatbuffer whose root is a table.

    Args:
      table: fields by slot; nested tables are mappings as well.
      identifier: four bytes that name the schema.
    """
    builder = flatbuffers.Builder()
    builder.Finish(_write(builder, table), identifier)
    return bytes(builder.Output())


def _write(builder: flatbuffers.Builder, table: Table) -> int:
    """Writes what a table refers to, then the table; returns its offset."""
    ready = {slot: _write_value(builder, value) for slot, value in table.items()}
    builder.StartObject(max(table, default=-1) + 1)
    for slot, value in ready.items():
        if isinstance(value, Byte):
            builder.PrependInt8Slot(slot, value.value, 0)
        elif isinstance(value, Number):
            builder.PrependUint32Slot(slot, value.value, 0)
        else:
            builder.PrependUOffsetTRelativeSlot(slot, value, 0)
    offset: int = builder.EndObject()
    return offset


def _write_value(builder: flatbuffers.Builder, value: Any) -> Any:
    if isinstance(value, str):
        return builder.CreateString(value)
    if isinstance(value, Floats):
        builder.StartVector(4, len(value.values), 4)
        for number in reversed(value.values):
            builder.PrependFloat32(number)
        return builder.EndVector()
    if isinstance(value, Mapping):
        return _write(builder, value)
    if isinstance(value, Sequence):
        offsets = [_write(builder, table) for table in value]
        builder.StartVector(4, len(offsets), 4)
        for offset in reversed(offsets):
            builder.PrependUOffsetTRelative(offset)
        return builder.EndVector()
    return value


class TableReader:
    """A table that is read; fields that are absent have empty values."""

    def __init__(self, table: flatbuffers.table.Table) -> None:
        """Wraps a table.

        Args:
          table: at its position.
        """
        self._table = table

    @classmethod
    def root(cls, content: bytes) -> TableReader:
        """The root of a flatbuffer."""
        position = encode.Get(number_types.UOffsetTFlags.packer_type, content, 0)
        return cls(flatbuffers.table.Table(content, position))

    def byte(self, slot: int) -> int:
        """A scalar of one byte."""
        return int(self._scalar(slot, number_types.Int8Flags))

    def number(self, slot: int) -> int:
        """An unsigned 32-bit scalar."""
        return int(self._scalar(slot, number_types.Uint32Flags))

    def text(self, slot: int) -> str:
        """A text."""
        offset = self._offset(slot)
        if not offset:
            return ""
        text: bytes = self._table.String(offset + self._table.Pos)
        return text.decode()

    def table(self, slot: int) -> TableReader | None:
        """A table."""
        offset = self._offset(slot)
        return self._at(self._table.Indirect(offset + self._table.Pos)) if offset else None

    def tables(self, slot: int) -> list[TableReader]:
        """A vector of tables."""
        offset = self._offset(slot)
        if not offset:
            return []
        start, count = self._table.Vector(offset), self._table.VectorLen(offset)
        return [self._at(self._table.Indirect(start + 4 * i)) for i in range(count)]

    def floats(self, slot: int) -> list[float]:
        """A vector of floats."""
        offset = self._offset(slot)
        if not offset:
            return []
        start, count = self._table.Vector(offset), self._table.VectorLen(offset)
        return [self._table.Get(number_types.Float32Flags, start + 4 * i) for i in range(count)]

    def _at(self, position: int) -> TableReader:
        return TableReader(flatbuffers.table.Table(self._table.Bytes, position))

    def _offset(self, slot: int) -> int:
        offset: int = self._table.Offset(_FIRST_SLOT + 2 * slot)
        return offset

    def _scalar(self, slot: int, flags: Any) -> int:
        offset = self._offset(slot)
        return self._table.Get(flags, offset + self._table.Pos) if offset else 0
