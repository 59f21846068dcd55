"""The record of an export: what pages, cards and later proofs read."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

from slimhub import nets
from slimhub.common import files
from slimhub.common.errors import RecordError
from slimhub.common.files import FileDigest
from slimhub.export import record_json
from slimhub.export.record_json import FieldError
from slimhub.export.record_parts import (
    RecordedGolden,
    RecordedIdentity,
    RecordedLabels,
    RecordedNetwork,
    RecordedOutput,
    RecordedProof,
    RecordedSource,
    RecordedVariables,
    RecordedVersions,
)

PATH = "assets.extra/slimhub.json"  # inside the artifact
SIGNATURE = "assets.extra/model.sig"  # of all other files; comes when an artifact is published
_FORMAT = 1  # of the record; higher where a reader of the old one would be wrong
_SHOWN = 40  # characters of a value in a message


@dataclasses.dataclass(frozen=True, kw_only=True)
class Record:
    """What an artifact says of itself; its file is JSON with the same fields in this order.

    Attributes:
      artifact: what kind it is.
      task: one of `nets.TASKS`.
      network: with its options.
      output: of a call.
      labels: names of the classes, None where there are none.
      source: the checkpoint it was made from.
      variables: what filled them.
      versions: of what made it.
      command: that repeats the export.
      identity: of the export, None in records of early releases.
      golden: a known answer, None where none was recorded.
      proof: what was proved before the artifact was put in place.
      files: all but the record and a signature, by relative path.
    """

    artifact: str = "saved_model_2"
    task: str
    network: RecordedNetwork
    output: RecordedOutput
    labels: RecordedLabels | None
    source: RecordedSource = dataclasses.field(metadata=record_json.key("checkpoint"))
    variables: RecordedVariables
    versions: RecordedVersions
    command: str
    identity: RecordedIdentity | None = None
    golden: RecordedGolden | None = None
    proof: RecordedProof
    files: dict[str, FileDigest]

    @classmethod
    def from_json(cls, content: Any) -> Record:
        """A record from what JSON gave.

        Raises:
          RecordError: names what is missing or of another type.
        """
        if not isinstance(content, dict):
            raise _damaged("it is not a JSON object")
        if content.get("format") != _FORMAT:
            reason = (
                f"has the format {content.get('format')!r:.{_SHOWN}}, this slimhub reads {_FORMAT}"
            )
            raise RecordError(
                f"the record of the artifact {reason}: use the release that wrote it",
                f"it {reason}",
            )
        if content.get("task", nets.TASKS[0]) not in nets.TASKS:
            raise _damaged(f"no task is named {content['task']!r:.{_SHOWN}}")
        try:
            return record_json.decode(cls, content)
        except FieldError as error:
            raise _damaged(_complaint(error)) from error

    def to_json(self) -> dict[str, Any]:
        """The record as JSON."""
        return {"format": _FORMAT, **record_json.encode(self)}

    def text(self) -> str:
        """The content of the record's file."""
        return json.dumps(self.to_json(), indent=2) + "\n"

    @classmethod
    def read(cls, folder: str | Path) -> Record:
        """The record of an artifact.

        Args:
          folder: of the artifact.

        Raises:
          RecordError: where there is none, or it is damaged.
        """
        return cls.from_json(_read_json(Path(folder)))

    def write(self, folder: Path) -> None:
        """Puts the record into an artifact.

        Args:
          folder: of the artifact.
        """
        files.write_atomically(folder / PATH, self.text())

    def check(self, folder: Path) -> None:
        """Refuses an artifact that is not what the record says.

        Args:
          folder: of the artifact.

        Raises:
          RecordError: names what changed.
        """
        changed = files.differing(self.files, digest_files(folder))
        if changed:
            reason = f"{', '.join(changed[:3])} changed, came or went"
            raise RecordError(
                f"{folder} is not what was exported: {reason}; export it again", reason
            )

    @property
    def size(self) -> int:
        """Bytes of all files, without the record and a signature."""
        return sum(file.bytes for file in self.files.values())


def digest_files(folder: Path) -> dict[str, FileDigest]:
    """Digests of every file of an artifact, but the record and a signature."""
    return files.digest_folder(folder, without=(PATH, SIGNATURE))


def claimed(folder: Path) -> tuple[str, str] | None:
    """Network and task that the record of an artifact names, even where it is damaged otherwise.

    Args:
      folder: of the artifact.

    Returns:
      None where there is no record that names both.
    """
    try:
        content = _read_json(folder)
        names = content["network"]["name"], content["task"]
    except (RecordError, KeyError, TypeError):
        return None
    return names if all(isinstance(name, str) for name in names) else None


def _read_json(folder: Path) -> Any:
    try:
        return json.loads((folder / PATH).read_text("utf-8"))
    except OSError as error:
        raise RecordError(
            f"{folder} is no artifact of slimhub: cannot read {PATH} in it "
            f"({error.strerror}); name the folder that `slimhub export` wrote",
            error.strerror or str(error),
        ) from error
    except (ValueError, RecursionError) as error:  # of JSON and of UTF-8 are ValueErrors
        raise _damaged("it cannot be read as JSON") from error


def _complaint(error: FieldError) -> str:
    """What is wrong with a field, as the end of a sentence."""
    *above, last = error.path
    table, path = ".".join(above), ".".join(error.path)
    if table in ("labels", "golden.output") or (len(above) == 2 and above[0] == "files"):
        return f"its '{table}' has no proper '{last}'"
    if error.value is record_json.MISSING:
        return f"it has no '{path}'"
    is_count = table in ("proof", "variables.filled") and last != "mode"
    return f"its {'number of ' if is_count else ''}'{last if is_count else path}' is " + (
        f"{error.value!r:.{_SHOWN}}"
    )


def _damaged(reason: str) -> RecordError:
    message = f"the record of the artifact is damaged, {reason}: export it again"
    return RecordError(message, reason)
