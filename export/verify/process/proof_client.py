"""Starts the process that proves, and talks with it."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import signal
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from slimhub.common.errors import ExportError
from slimhub.export.record import Record
from slimhub.export.verify.process import launch
from slimhub.export.verify.proof import Check, Proof
from slimhub.export.verify.subject import Source, Subject

_SHOWN = 2000  # characters of what a process said before it died


class ProofProcess:
    """A process that gets ready to prove an artifact while another makes it."""

    def __init__(
        self,
        mode: str,
        subject: Subject | None,
        *,
        wants_layers: bool = False,
        start: Callable[[IO[str]], launch.ChildProcess] = launch.fresh,
    ) -> None:
        """Starts it.

        Args:
          mode: `full`, `quick` or `thorough`.
          subject: the network, or None for that of the artifact's record.
          wants_layers: whether the proof is to describe the values of all variables.
          start: one of `launch`'s.
        """
        self._errors = tempfile.TemporaryFile("w+")  # noqa: SIM115  closed by __exit__
        self._process = start(self._errors)
        hello = {"mode": mode, "subject": subject and dataclasses.asdict(subject)}
        self._send(hello | {"wants_layers": wants_layers})

    def __enter__(self) -> ProofProcess:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        self._process.stdout.close()
        self._errors.close()

    def restore(self, source: Source | None) -> None:
        """Names the checkpoint, which has to stay where it is; None where there is none."""
        self._send({"source": source and dataclasses.asdict(source)})

    def examine(self, folder: Path, record: Record | None = None) -> None:
        """Has an artifact examined, and returns at once.

        Args:
          folder: the artifact; graph and variables have to be there.
          record: what is known of it so far, where it is written only after the proof.
        """
        self._send({"artifact": str(folder), "record": record and record.to_json()})

    def conclude(
        self,
        private: Sequence[str],
        on_examined: Callable[[str], None] = lambda part: None,
        *,
        record: Record | None = None,
    ) -> Proof:
        """Waits for the proof; the artifact has to be whole, but for a record that is given.

        Args:
          private: absolute paths that none of its files may name.
          on_examined: called with the name of each part that is done, but for the last.
          record: where it is written only after the proof: whole, but for what the proof says.

        Raises:
          ExportError: where the proof cannot be made at all. One that does not hold is
            returned.
        """
        self._send({"private": list(private), "record": record and record.to_json()})
        while True:
            message = self._receive()
            if "examined" in message:
                on_examined(message["examined"])
            elif "error" in message:
                raise ExportError(message["error"])
            else:
                return _from_json(message["proof"])

    def _send(self, message: dict[str, Any]) -> None:
        try:
            self._process.stdin.write(json.dumps(message) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            raise self._died() from None

    def _receive(self) -> dict[str, Any]:
        line = self._process.stdout.readline()
        if not line:
            raise self._died()
        return json.loads(line)

    def _died(self) -> ExportError:
        code = self._process.wait()
        self._errors.seek(0)
        said = self._errors.read()[-_SHOWN:].strip()
        return ExportError(f"the process of the proof ended with exit code {code}:\n{said}")


def _from_json(proof: dict[str, Any]) -> Proof:
    return Proof(
        mode=proof["mode"],
        checks=tuple(Check(**check) for check in proof["checks"]),
        endpoints=tuple(proof["endpoints"]),
        layers=tuple(proof["layers"]),
    )
