"""The record of an export, which pages, cards and later proofs read."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

from slimhub import nets
from slimhub.common import files, foreign_files
from slimhub.common.errors import MissingRecordError, RecordError
from slimhub.common.files import FileDigest
from slimhub.export import record_json
from slimhub.export.record_json import FieldError
from slimhub.export.record_parts import (
    RecordedFigures,
    RecordedGolden,
    RecordedIdentity,
    RecordedLabels,
    RecordedNetwork,
    RecordedOutput,
    RecordedProof,
    RecordedRange,
    RecordedSource,
    RecordedVariables,
    RecordedVersions,
)

PATH = "assets.extra/slimhub.json"  # inside the artifact
SIGNATURE = "assets.extra/model.sig"  # of all other files; added when an artifact is published
_FORMAT = 1  # of the record; increases when a reader of the old one would be wrong
_SHOWN = 40  # characters of a value shown in a message


@dataclasses.dataclass(frozen=True, kw_only=True)
class Record:
    """What an artifact says about itself; its file is JSON with the same fields in this order.

    Attributes:
      artifact: its kind.
      task: one of `nets.TASKS`.
      network: with its options.
      output: of a call.
      labels: names of the classes, or None.
      source: the checkpoint it was made from.
      variables: what filled them.
      ranges: of a quantization-aware training by place, in the checkpoint's names, such as
        `MobilenetV1/MobilenetV1/Conv2d_0/act_quant`; None if there are none, and in records of
        early releases.
      figures: of a network with options, or of a custom one; None if those of the registered
        network hold, and in records of early releases.
      versions: of the software that made it.
      command: repeats the export.
      identity: of the export, None in records of early releases.
      golden: a known answer, None if none was recorded.
      proof: what was proved before the artifact was put in place.
      files: all except the record and a signature, by relative path.
    """

    artifact: str = "saved_model_2"
    task: str
    network: RecordedNetwork
    output: RecordedOutput
    labels: RecordedLabels | None
    source: RecordedSource = dataclasses.field(metadata=record_json.key("checkpoint"))
    variables: RecordedVariables
    ranges: dict[str, RecordedRange] | None = None
    figures: RecordedFigures | None = None
    versions: RecordedVersions
    command: str
    identity: RecordedIdentity | None = None
    golden: RecordedGolden | None = None
    proof: RecordedProof
    files: dict[str, FileDigest]

    @classmethod
    def from_json(cls, content: Any) -> Record:
        """Parses a record from JSON data.

        Raises:
          RecordError: names what is missing or has the wrong type.
        """
        if not isinstance(content, dict):
            raise _damaged("it is not a JSON object")
        if content.get("format") != _FORMAT:
            reason = (
                f"has the format {content.get('format')!r:.{_SHOWN}}, but this slimhub "
                f"reads {_FORMAT}"
            )
            raise RecordError(
                f"the record of the artifact {reason}: use the release that wrote it",
                f"it {reason}",
            )
        if content.get("task", nets.TASKS[0]) not in nets.TASKS:
            raise _damaged(f"unknown task {content['task']!r:.{_SHOWN}}")
        try:
            return record_json.decode(cls, content)
        except FieldError as error:
            raise _damaged(_complaint(error)) from error

    def to_json(self) -> dict[str, Any]:
        """The record as JSON data."""
        return {"format": _FORMAT, **record_json.encode(self)}

    def text(self) -> str:
        """The content of the record's file."""
        return json.dumps(self.to_json(), indent=2) + "\n"

    @classmethod
    def read(cls, folder: str | Path) -> Record:
        """Reads the record of an artifact.

        Args:
          folder: of the artifact.

        Raises:
          RecordError: if there is none, or it is damaged.
        """
        return cls.from_json(_read_json(Path(folder)))

    def write(self, folder: Path) -> None:
        """Writes the record into an artifact.

        Args:
          folder: of the artifact.
        """
        files.write_atomically(folder / PATH, self.text())

    def check(self, folder: Path) -> None:
        """Refuses an artifact that does not match its record.

        Args:
          folder: of the artifact.

        Raises:
          RecordError: names what changed.
        """
        changed = files.differing(self.files, digest_files(folder))
        if changed:
            reason = f"{', '.join(changed[:3])} changed, appeared or disappeared"
            raise RecordError(
                f"{folder} was modified after its export: {reason}; export it again", reason
            )

    @property
    def size(self) -> int:
        """Total size of all files except the record and a signature, in bytes."""
        return sum(file.bytes for file in self.files.values())


def digest_files(folder: Path) -> dict[str, FileDigest]:
    """Digests of every file of an artifact except the record and a signature."""
    return files.digest_folder(folder, without=(PATH, SIGNATURE))


def claimed(folder: Path) -> tuple[str, str] | None:
    """Network and task named by an artifact's record, even if it is damaged otherwise.

    Args:
      folder: of the artifact.

    Returns:
      None if there is no record that names both.
    """
    try:
        content = _read_json(folder)
        names = content["network"]["name"], content["task"]
    except (RecordError, KeyError, TypeError):
        return None
    return names if all(isinstance(name, str) for name in names) else None


def _read_json(folder: Path) -> Any:
    try:
        return foreign_files.parse_json(foreign_files.read(folder / PATH))
    except OSError as error:
        raise MissingRecordError(
            f"{folder} is not a slimhub artifact: cannot read {PATH} in it ({error.strerror}); "
            "pass a folder written by `slimhub export`",
            error.strerror or str(error),
        ) from error
    except ValueError as error:
        raise _damaged("it is not readable JSON") from error


def _complaint(error: FieldError) -> str:
    """What is wrong with a field, as the end of a sentence."""
    *above, last = error.path
    table, path = ".".join(above), ".".join(error.path)
    if table in ("labels", "golden.output") or (len(above) == 2 and above[0] == "files"):
        return f"its '{table}' has no valid '{last}'"
    if error.value is record_json.MISSING:
        return f"it has no '{path}'"
    is_count = table in ("proof", "variables.filled") and last != "mode"
    return f"its {'number of ' if is_count else ''}'{last if is_count else path}' is " + (
        f"{error.value!r:.{_SHOWN}}"
    )


def _damaged(reason: str) -> RecordError:
    message = f"the record of the artifact is damaged ({reason}): export it again"
    return RecordError(message, reason)
