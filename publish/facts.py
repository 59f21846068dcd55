"""What the record of an artifact says, checked before anything is made of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from slimhub import nets
from slimhub.common.errors import PublishError
from slimhub.export import record

_FORMAT = 1  # of the records that are understood here
_NUMBER = (int, float)
_FIELDS: dict[str, type | tuple[type, ...]] = {
    "task": str,
    "network.name": str,
    "network.reference": str,
    "network.scope": str,
    "network.depth_multiplier": _NUMBER,
    "network.image_size": int,
    "network.size_is_free": bool,
    "network.input_scaling": str,
    "network.feature_depth": int,
    "network.num_classes": int,
    "network.has_background": bool,
    "network.drop_background": bool,
    "network.weight_decay": _NUMBER,
    "network.paper": str,
    "output.name": str,
    "output.width": int,
    "labels": (dict, type(None)),
    "checkpoint.source": str,
    "checkpoint.sha256": str,
    "checkpoint.name": str,
    "checkpoint.step": (int, type(None)),
    "checkpoint.averages": str,
    "variables.averages_in_checkpoint": str,
    "variables.filled": dict,
    "variables.parameters": int,
    "variables.statistics": int,
    "versions.slimhub": str,
    "versions.tensorflow": str,
    "versions.tf-slim": str,
    "command": str,
    "proof.mode": str,
    "files": dict,
}
_FILE = {"bytes": int, "sha256": str}
_LABELS = {"count": int, "source": str}
_GOLDEN = {"largest": _NUMBER, "mean": _NUMBER, "rounding": _NUMBER}


def read(folder: str | Path) -> dict[str, Any]:
    """The record of an artifact, checked.

    Args:
      folder: of the artifact.

    Raises:
      PublishError: where there is no artifact, or its record is damaged.
    """
    try:
        content = record.read(Path(folder))
    except OSError as error:
        raise PublishError(
            f"{folder} is no artifact of slimhub: cannot read {record.PATH} in it "
            f"({error.strerror}); name the folder that `slimhub export` wrote"
        ) from error
    except (ValueError, RecursionError) as error:
        raise _damaged("it is not JSON") from error
    check(content)
    return content


def check(content: Any) -> None:
    """Refuses a record that lacks what pages are made of.

    Args:
      content: of the record.

    Raises:
      PublishError: names what is missing or of another type.
    """
    if not isinstance(content, dict):
        raise _damaged("it is not a JSON object")
    if content.get("format") != _FORMAT:
        raise PublishError(
            f"the record of the artifact has the format {content.get('format')!r}, this slimhub "
            f"reads {_FORMAT}: use the release that wrote it"
        )
    for path, kind in _FIELDS.items():
        _check_field(content, path, kind)
    if content["task"] not in nets.TASKS:
        raise _damaged(f"it knows a task {content['task']!r}")
    if content["labels"] is not None:
        _check_table(content["labels"], "labels", _LABELS)
    for name, file in content["files"].items():
        _check_table(file, f"files.{name}", _FILE)
    for key, count in {**proof_counts(content), **content["variables"]["filled"]}.items():
        if not _is(count, int):
            raise _damaged(f"its number of '{key}' is {count!r}")
    if "golden" in content:
        _check_field(content, "golden.output", dict)
        _check_table(content["golden"]["output"], "golden.output", _GOLDEN)


def check_files(folder: Path, content: dict[str, Any]) -> None:
    """Refuses an artifact that is not what its record says.

    Args:
      folder: of the artifact.
      content: its record.

    Raises:
      PublishError: names what changed.
    """
    told, found = content["files"], record.describe_files(folder)
    changed = sorted(n for n in told.keys() | found.keys() if told.get(n) != found.get(n))
    if changed:
        raise PublishError(
            f"{folder} is not what was exported: {', '.join(changed[:3])} changed, came or went; "
            "export it again"
        )


def proof_counts(content: dict[str, Any]) -> dict[str, int]:
    """How many checks of an artifact's proof went which way."""
    return {key: count for key, count in content["proof"].items() if key != "mode"}


def _check_field(content: dict[str, Any], path: str, kind: type | tuple[type, ...]) -> None:
    value: Any = content
    for key in path.split("."):
        if not isinstance(value, dict) or key not in value:
            raise _damaged(f"it has no '{path}'")
        value = value[key]
    if not _is(value, kind):
        raise _damaged(f"its '{path}' is {value!r:.40}")


def _check_table(table: Any, path: str, fields: dict[str, type | tuple[type, ...]]) -> None:
    for key, kind in fields.items():
        if not isinstance(table, dict) or not _is(table.get(key), kind):
            raise _damaged(f"its '{path}' has no proper '{key}'")


def _is(value: Any, kind: type | tuple[type, ...]) -> bool:
    if isinstance(value, bool):  # an int for Python, not for us
        return kind is bool
    return isinstance(value, kind)


def _damaged(reason: str) -> PublishError:
    return PublishError(f"the record of the artifact is damaged, {reason}: export it again")
