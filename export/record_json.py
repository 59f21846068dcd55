"""Frozen dataclasses from JSON and back, every field checked: the file may be anybody's."""

from __future__ import annotations

import dataclasses
import functools
import types
import typing
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Table = TypeVar("Table", bound="DataclassInstance")

_LARGEST = 1 << 63  # of integers; none is too large for a float, or takes long to print
_KEY, _REST = "json_key", "takes_the_rest"
REST = {_REST: None}  # metadata of a field: a table of all keys that are not those of others
MISSING = object()


class FieldError(Exception):
    """A value that is missing or of another type.

    Attributes:
      path: keys that lead to it.
      value: what is there, or `MISSING`.
    """

    def __init__(self, path: tuple[str, ...], value: Any) -> None:
        super().__init__(".".join(path))
        self.path, self.value = path, value


def rest(names: Iterable[str]) -> dict[str, frozenset[str]]:
    """Metadata of a field: a table of those keys of others, of whatever plain type."""
    return {_REST: frozenset(names)}


def key(name: str) -> dict[str, str]:
    """Metadata of a field that has another name in JSON."""
    return {_KEY: name}


def encode(value: Any) -> Any:
    """A dataclass as JSON, in the order of its fields; what is None by default is left out."""
    if dataclasses.is_dataclass(value):
        table: dict[str, Any] = {}
        for field in dataclasses.fields(value):
            inner = getattr(value, field.name)
            if _REST in field.metadata:
                table |= inner
            elif inner is not None or field.default is dataclasses.MISSING:
                table[_key_of(field)] = encode(inner)
        return table
    if isinstance(value, dict):
        return {name: encode(inner) for name, inner in value.items()}
    return [encode(inner) for inner in value] if isinstance(value, tuple) else value


def decode(kind: type[Table], value: Any, path: tuple[str, ...] = ()) -> Table:
    """A dataclass from JSON; keys that it does not have are passed over.

    Args:
      kind: the dataclass. A field with a default may be left out.
      value: what JSON gave.
      path: keys that lead to it.

    Raises:
      FieldError: for the first field that is missing or of another type.
    """
    table = value if isinstance(value, dict) else {}
    hints, found = _hints(kind), {}
    for field in dataclasses.fields(kind):
        name, hint = _key_of(field), hints[field.name]
        if _REST in field.metadata:
            known = {_key_of(other) for other in dataclasses.fields(kind)}
            left = {key: inner for key, inner in table.items() if key not in known}
            if (names := field.metadata[_REST]) is not None:
                left = {key: inner for key, inner in left.items() if key in names}
            found[field.name] = _decode(hint, left, path)
        elif name in table:
            found[field.name] = _decode(hint, table[name], (*path, name))
        elif field.default is dataclasses.MISSING:
            raise FieldError(_first_field(hint, (*path, name)), MISSING)
    return kind(**found)


def _decode(hint: Any, value: Any, path: tuple[str, ...]) -> Any:
    """A value of a field's type."""
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):  # with None
        return None if value is None else _decode(inner[0], value, path)
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        return decode(hint, value, path)
    if origin is dict and isinstance(value, dict) and all(map(_is_text, value)):
        return {name: _decode(inner[1], one, (*path, name)) for name, one in value.items()}
    if origin is list and isinstance(value, list):
        return [_decode(inner[0], one, (*path, str(i))) for i, one in enumerate(value)]
    if origin is tuple and isinstance(value, list):
        return tuple(_decode(inner[0], one, (*path, str(i))) for i, one in enumerate(value))
    if hint in _CHECKS and _CHECKS[hint](value):
        return value
    raise FieldError(path, value)


def _first_field(hint: Any, path: tuple[str, ...]) -> tuple[str, ...]:
    """Of a table that is missing, the path of its first field; of anything else its own."""
    if not dataclasses.is_dataclass(hint):
        return path
    return (*path, _key_of(dataclasses.fields(hint)[0]))


def _is_text(value: Any) -> bool:
    """Whether it is a string that a file can hold: JSON may have half of a surrogate pair."""
    if not isinstance(value, str):
        return False
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _is_integer(value: Any) -> bool:
    # True is an int for Python, but not for us.
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) < _LARGEST


_CHECKS: dict[type, Callable[[Any], bool]] = {
    str: _is_text,
    bool: lambda value: isinstance(value, bool),
    int: _is_integer,
    float: lambda value: isinstance(value, float) or _is_integer(value),
    object: lambda value: isinstance(value, (bool, float)) or _is_text(value) or _is_integer(value),
}


def _key_of(field: dataclasses.Field[Any]) -> str:
    return str(field.metadata.get(_KEY, field.name))


@functools.cache
def _hints(kind: type) -> dict[str, Any]:
    """Types of the fields of a dataclass, by name."""
    return typing.get_type_hints(kind)
