"""Starts the process that proves, and communicates with it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from slimhub.common.errors import ExportError
from slimhub.common.json_process import JsonProcess, Message, Start
from slimhub.export.record import Record
from slimhub.export.verify.process import launch
from slimhub.export.verify.proof import Check, Proof
from slimhub.export.verify.subject import Source, Subject


class ProofProcess:
    """A process that prepares to prove an artifact while another process creates it."""

    def __init__(
        self,
        mode: str,
        *,
        wants_layers: bool = False,
        trust: bool = False,
        start: Start | None = None,
    ) -> None:
        """Starts it.

        Args:
          mode: `full`, `quick` or `thorough`.
          wants_layers: whether the proof should describe the values of all variables.
          trust: whether to load an artifact with operations that slimhub does not write, or with
            files that differ from its record.
          start: a function of `launch`; by default `launch.fresh`.
        """
        self._process = JsonProcess(start or launch.fresh)
        self._send({"mode": mode, "wants_layers": wants_layers, "trust": trust})

    def __enter__(self) -> ProofProcess:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.kill()

    def restore(self, source: Source | None, subject: Subject | None) -> None:
        """Says what is proved.

        Args:
          source: the checkpoint, which must stay in place; None if there is none.
          subject: the network, or None for the one in the artifact's record.
        """
        message = {"source": source and dataclasses.asdict(source)}
        self._send(message | {"subject": subject and dataclasses.asdict(subject)})

    def examine(self, folder: Path, record: Record | None = None) -> None:
        """Starts the examination of an artifact, and returns at once.

        Args:
          folder: the artifact; graph and variables must exist.
          record: what is known of it so far, if it is only written after the proof.
        """
        self._send({"artifact": str(folder), "record": record and record.to_json()})

    def conclude(
        self,
        private: Sequence[str],
        on_examined: Callable[[str], None] = lambda part: None,
        *,
        record: Record | None = None,
    ) -> Proof:
        """Waits for the proof; the artifact must be complete, except for a given record.

        Args:
          private: absolute paths that no file of it may contain.
          on_examined: called with the name of each finished part, except the last.
          record: if it is only written after the proof: complete except for the proof.

        Raises:
          ExportError: if the proof cannot be made at all. A failed proof is returned.
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

    def _send(self, message: Message) -> None:
        try:
            self._process.send(message)
        except BrokenPipeError:
            raise self._died() from None

    def _receive(self) -> Message:
        message = self._process.receive()
        if message is None:
            raise self._died()
        return message

    def _died(self) -> ExportError:
        code = self._process.wait()
        said = self._process.last_words()
        return ExportError(f"the proof process ended with exit code {code}:\n{said}")


def _from_json(proof: dict[str, Any]) -> Proof:
    return Proof(
        mode=proof["mode"],
        checks=tuple(Check(**check) for check in proof["checks"]),
        endpoints=tuple(proof["endpoints"]),
        layers=tuple(proof["layers"]),
    )
