"""Reads a manifest: a TOML file with defaults and one table per export.

    [defaults]
    tasks = ["feature_vector", "classification"]
    checkpoint = "checkpoints/{archive}.tgz"
    output = "artifacts/{network}/{task}"

    [export.small]
    networks = ["mobilenet_v3_small_*"]

[defaults] may hold any key of an export.
"""

from __future__ import annotations

import dataclasses
import difflib
import sys
from pathlib import Path
from typing import Any

from slimhub.common import extras, foreign_files
from slimhub.common.errors import RequestError
from slimhub.nets import NetworkOptions, size_notation
from slimhub.publish.pages import publisher_texts

_STRINGS = (
    "checkpoint",
    "checkpoint_name",
    "sha256",
    "averages",
    "ignore_leftover",
    "scope",
    "labels",
    "proof",
    "output",
    "publish",
    "handle",
    "url",
    "license",
    "dataset",
    "evaluate",
    "evaluate_split",
    "evaluate_preprocessing",
)
_LISTS = ("networks", "tasks", "also")
_COUNTS = NetworkOptions.names(int)
_SIZES = NetworkOptions.names(size_notation.parse_size)
_NUMBERS = (*NetworkOptions.names(float), "memory_gb", "at_least")
_SWITCHES = NetworkOptions.names(bool)
_CHOICES = {
    field.name: tuple(field.metadata["values"])
    for field in dataclasses.fields(NetworkOptions)
    if field.metadata["values"]
}
_NEEDED = ("networks", "checkpoint", "output")

# What the value of each key must be, in words.
KEYS = {
    **dict.fromkeys((*_STRINGS, *NetworkOptions.names(str)), "a non-empty string"),
    **dict.fromkeys(publisher_texts.NAMES, "a string"),
    **dict.fromkeys(_LISTS, "a string, or a list of strings"),
    **dict.fromkeys(_COUNTS, "a whole number"),
    **dict.fromkeys(_SIZES, "a whole number or HEIGHTxWIDTH"),
    **dict.fromkeys(_NUMBERS, "a positive number"),
    **dict.fromkeys(_SWITCHES, "true or false"),
    **{key: f"one of {', '.join(values)}" for key, values in _CHOICES.items()},
}


@dataclasses.dataclass(frozen=True)
class Table:
    """One table of a manifest, with the defaults applied.

    Attributes:
      name: `NAME` of `[export.NAME]`.
      values: by key; `networks` and `tasks` are lists.
      where: file and table, for messages.
    """

    name: str
    values: dict[str, Any]
    where: str

    def refuse(self, reason: object) -> RequestError:
        """An error that names file and table."""
        return RequestError(f"{self.where}: {reason}")


def read(path: Path) -> tuple[Table, ...]:
    """Reads a manifest.

    Args:
      path: of the file.

    Returns:
      Its exports, in the order of the file.

    Raises:
      RequestError: if a file cannot be read, a key is unknown or missing, or a value has the wrong
        type; names the table.
    """
    content = _parse(path)
    unknown = sorted(content.keys() - {"defaults", "export"})
    if unknown:
        raise RequestError(
            f"{path}: unknown table {unknown[0]!r}: a manifest has [defaults] and [export.NAME]"
        )
    defaults, exports = content.get("defaults", {}), content.get("export", {})
    for name, table in {"defaults": defaults, "export": exports}.items():
        if not isinstance(table, dict):
            raise RequestError(f"{path}: {name!r} must be a table, written as [{_head(name)}]")
    if not exports:
        raise RequestError(f"{path}: no exports: add a table [export.NAME]")
    _check(Table("defaults", defaults, f"{path}, [defaults]"))
    return tuple(_table(path, name, defaults, values) for name, values in exports.items())


def _head(name: str) -> str:
    return "export.NAME" if name == "export" else name


def _parse(path: Path) -> dict[str, Any]:
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        extras.need("tomli", extra="zoo")
        import tomli as tomllib

    try:
        return tomllib.loads(foreign_files.read_text(path))
    except OSError as error:
        raise RequestError(f"cannot read the manifest {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise RequestError(
            f"the manifest {path} is not UTF-8 text: save it with that encoding"
        ) from error
    except (ValueError, RecursionError) as error:  # numbers of 5,000 digits, 10,000 brackets
        raise RequestError(f"the manifest {path} is not valid TOML: {error}") from error


def _table(path: Path, name: str, defaults: dict[str, Any], values: Any) -> Table:
    where = f"{path}, [export.{name}]"
    if not isinstance(values, dict):
        raise RequestError(f"{where}: this must be a table")
    _check(Table(name, values, where))
    merged = {"tasks": ["feature_vector"]} | defaults | values
    table = Table(name, {key: _listed(key, value) for key, value in merged.items()}, where)
    missing = [key for key in _NEEDED if key not in merged]
    if missing:
        raise table.refuse(f"{missing[0]!r} is missing, here or in [defaults]")
    return table


def _listed(key: str, value: Any) -> Any:
    return [value] if key in _LISTS and isinstance(value, str) else value


def _check(table: Table) -> None:
    for key, value in table.values.items():
        if key not in KEYS:
            near = difflib.get_close_matches(key, KEYS, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"known keys are {', '.join(KEYS)}"
            raise table.refuse(f"unknown key {key!r}: {hint}")
        if not _fits(key, value):
            raise table.refuse(f"{key!r} must be {KEYS[key]}, not {value!r}")


def _fits(key: str, value: Any) -> bool:
    if key in _SWITCHES:
        return isinstance(value, bool)
    if key in _CHOICES:
        return value in _CHOICES[key]
    if isinstance(value, bool):  # Python counts a bool as an int, a manifest must not
        return False
    if key in _COUNTS:
        return isinstance(value, int)
    if key in _SIZES:
        return _is_size(value)
    if key in _NUMBERS:
        return isinstance(value, (int, float)) and 0 < value < float("inf")
    if key in publisher_texts.NAMES:  # an empty one removes what was said before
        return isinstance(value, str)
    texts = value if key in _LISTS and isinstance(value, list) else [value]
    return bool(texts) and all(isinstance(text, str) and text.strip() for text in texts)


def _is_size(value: Any) -> bool:
    try:
        size_notation.read_size(value)
    except ValueError:
        return False
    return True
