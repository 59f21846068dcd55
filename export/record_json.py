"""Converts frozen dataclasses to and from JSON, checking every field: the file is untrusted."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import types
import typing
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Table = TypeVar("Table", bound="DataclassInstance")

_LARGEST = 1 << 63  # for integers; none is too large for a float, or slow to print
_KEY, _REST = "json_key", "takes_the_rest"
REST = {_REST: None}  # field metadata: a table of all keys that do not belong to other fields
MISSING = object()


class FieldError(Exception):
    """A value that is missing or has the wrong type.

    Attributes:
      path: the keys that lead to it.
      value: the value found, or `MISSING`.
    """

    def __init__(self, path: tuple[str, ...], value: Any) -> None:
        super().__init__(".".join(path))
        self.path, self.value = path, value


def rest(names: Iterable[str]) -> dict[str, frozenset[str]]:
    """Metadata of a field that collects the keys of no other field, with any plain type."""
    return {_REST: frozenset(names)}


def key(name: str) -> dict[str, str]:
    """Metadata of a field with another name in JSON."""
    return {_KEY: name}


def encode(value: Any) -> Any:
    """A dataclass as JSON data, in field order, without optional fields that are None."""
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
    """Creates a dataclass from JSON data; unknown keys are ignored.

    Args:
      kind: the dataclass. Fields with a default may be missing.
      value: the JSON data.
      path: the keys that lead to it.

    Raises:
      FieldError: for the first field that is missing or has the wrong type.
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
        elif field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
            raise FieldError(_first_field(hint, (*path, name)), MISSING)
    return kind(**found)


def _decode(hint: Any, value: Any, path: tuple[str, ...]) -> Any:
    """A value of a field's type."""
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return _decode_one_of(inner, value, path)
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        return decode(hint, value, path)
    if origin is dict and isinstance(value, dict) and all(map(_is_text, value)):
        return {name: _decode(inner[1], one, (*path, name)) for name, one in value.items()}
    if origin is list and isinstance(value, list):
        return [_decode(inner[0], one, (*path, str(i))) for i, one in enumerate(value)]
    if origin is tuple and isinstance(value, list) and _fits_length(inner, value):
        return tuple(_decode(inner[0], one, (*path, str(i))) for i, one in enumerate(value))
    if hint in _CHECKS and _CHECKS[hint](value):
        return value
    raise FieldError(path, value)


def _fits_length(hints: tuple[Any, ...], value: list[Any]) -> bool:
    """Whether a list has as many values as a tuple's type says; with `...`, any number."""
    return hints[-1] is ... or len(hints) == len(value)


def _decode_one_of(hints: tuple[Any, ...], value: Any, path: tuple[str, ...]) -> Any:
    """A value of the first of several types that it has; the first one's error if it has none."""
    if value is None and type(None) in hints:
        return None
    first, *others = (hint for hint in hints if hint is not type(None))
    for hint in others:
        with contextlib.suppress(FieldError):
            return _decode(hint, value, path)
    return _decode(first, value, path)


def _first_field(hint: Any, path: tuple[str, ...]) -> tuple[str, ...]:
    """For a missing table, the path of its first field; otherwise the value's own path."""
    if not dataclasses.is_dataclass(hint):
        return path
    return (*path, _key_of(dataclasses.fields(hint)[0]))


def _is_text(value: Any) -> bool:
    """Whether a file can hold the string: JSON may contain half of a surrogate pair."""
    if not isinstance(value, str):
        return False
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _is_integer(value: Any) -> bool:
    # Python counts True as an int, JSON does not.
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
