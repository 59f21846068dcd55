"""Sums over shards that are done, on disk, so that an interrupted run does not compute them again.

The file lies beside the artifact's evaluation record until that is written. Its first line says
what is evaluated and how; each other line has the sums over one shard.
"""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path
from typing import Any

from slimhub.common import foreign_files
from slimhub.common.errors import EvaluationError
from slimhub.evaluate.totals import Totals

_SUFFIX = ".partial"


class FinishedShards:
    """The file of one evaluation.

    Attributes:
      found: sums of an earlier run, by number of the shard.
    """

    def __init__(self, record: Path | None, identity: dict[str, Any], shards: int) -> None:
        """Reads what an earlier run of the same evaluation has left.

        Args:
          record: where the evaluation record goes; None to keep nothing.
          identity: what is evaluated and how, as JSON data; what was done otherwise is not read.
          shards: how many there are.
        """
        self._path = None if record is None else record.with_name(record.name + _SUFFIX)
        self._is_begun = False
        self._head = json.dumps(identity, sort_keys=True)
        self.found = {} if self._path is None else _read(self._path, self._head, shards)

    def add(self, number: int, totals: Totals) -> None:
        """Keeps the sums over a shard.

        Args:
          number: of the shard.
          totals: of it.

        Raises:
          EvaluationError: if they cannot be written.
        """
        if self._path is None:
            return
        self.found[number] = totals
        try:
            if self._is_begun:
                self._write("a", _line(number, totals))
            else:  # anew, since the last line of a killed run may be torn
                lines = [_line(*one) for one in self.found.items()]
                self._write("w", f"{self._head}\n{''.join(lines)}")
            self._is_begun = True
        except OSError as error:
            raise EvaluationError(f"cannot write {self._path}: {error.strerror}") from error

    def _write(self, mode: str, text: str) -> None:
        assert self._path is not None
        with self._path.open(mode, encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())

    def remove(self) -> None:
        """Removes the file, once the figures are known."""
        if self._path is not None:
            self._path.unlink(missing_ok=True)


def _line(number: int, totals: Totals) -> str:
    return json.dumps({"shard": number, "totals": totals.to_json()}) + "\n"


def _read(path: Path, head: str, shards: int) -> dict[int, Totals]:
    """The sums in a file; nothing of a file that is not of this evaluation, or damaged."""
    with contextlib.suppress(OSError, ValueError, LookupError, TypeError):
        first, *lines = foreign_files.read_text(path).split("\n")
        if first != head:
            return {}
        found = {}
        for line in lines[:-1]:  # the last one is empty, or was not written whole
            content = foreign_files.parse_json(line)
            if content["shard"] in range(shards):
                found[content["shard"]] = Totals.from_json(content["totals"])
        return found
    return {}
