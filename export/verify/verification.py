"""Verifies an existing artifact."""

from __future__ import annotations

import contextlib
import dataclasses
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from slimhub import checkpoints
from slimhub.common import paths
from slimhub.common.errors import RecordError, RequestError, option
from slimhub.common.progress import OnPhase, Transfer
from slimhub.export.record import Record
from slimhub.export.record_parts import RecordedSource
from slimhub.export.verify.process.proof_client import ProofProcess
from slimhub.export.verify.proof import Proof
from slimhub.export.verify.subject import Source, Subject

PHASES = ("opening the checkpoint", "examining the artifact", "finishing the examination")


def verify(
    folder: str | os.PathLike[str],
    checkpoint: str | None = None,
    *,
    checkpoint_name: str | None = None,
    sha256: str | None = None,
    averages: str | None = None,
    ignore_leftover: str | None = None,
    scope: str | None = None,
    subject: Subject | None = None,
    wants_layers: bool = False,
    trust: bool = False,
    on_phase: OnPhase = lambda phase: None,
    on_transfer: Transfer | None = None,
) -> Proof:
    """Checks files, contract and golden answers of an artifact, and parity with its source.

    Args:
      folder: the artifact.
      checkpoint: what it was made from; without it, the source's outputs are not compared.
      checkpoint_name: which of several checkpoints to use.
      sha256: expected hex digest of an archive or file.
      averages: `auto`, `shadow` or `raw`, as requested for the export; by default what the record
        says, or `auto` without a record.
      ignore_leftover: pattern of layers of the checkpoint left out at the user's own risk; by
        default what the record says.
      scope: prefix of the network's names in the checkpoint; by default what the record says.
      subject: the network it is; by default from its record, or else from its variables.
      wants_layers: whether the proof should describe the values of all variables.
      trust: whether to load an artifact that has operations that slimhub does not write, or files
        that differ from its record. Such an artifact can do whatever you can.
      on_phase: called at the start of each of `PHASES`.
      on_transfer: called while a checkpoint is downloaded.

    Returns:
      The proof, whether or not it holds.

    Raises:
      RequestError: if there is no SavedModel, if details of a checkpoint are given without one, or
        if a pattern is not a regular expression.
      checkpoints.CheckpointError: if a checkpoint cannot be read or does not fit.
      ExportError: if the artifact cannot be examined at all.
    """
    details = _SourceDetails(checkpoint_name, sha256, averages, ignore_leftover, scope)
    details.check(checkpoint)
    path = _saved_model(folder)
    with contextlib.ExitStack() as resources:
        proof_process = resources.enter_context(
            ProofProcess("thorough", wants_layers=wants_layers, trust=trust)
        )
        on_phase(PHASES[0])
        source, compared = None, ""
        if checkpoint is not None:
            recorded = _recorded(path)
            details = details.completed(recorded)
            name = recorded.name if recorded else ""
            found = resources.enter_context(details.opened(checkpoint, name, on_transfer))
            source, compared = details.source(found), f"{found.label}, from {found.source_name}"
        proof_process.restore(source, subject)
        on_phase(PHASES[1])
        proof_process.examine(path)
        proof = proof_process.conclude((str(path),), lambda part: on_phase(PHASES[2]))
        return dataclasses.replace(proof, source=compared)


@dataclasses.dataclass(frozen=True)
class _SourceDetails:
    """What is said about a checkpoint, beside where it is; see `verify`."""

    checkpoint_name: str | None
    sha256: str | None
    averages: str | None
    ignore_leftover: str | None
    scope: str | None

    def check(self, checkpoint: str | None) -> None:
        """Refuses a pattern that is none, and details of a checkpoint that is not given.

        Raises:
          RequestError: names the options.
        """
        checkpoints.parse_pattern(self.ignore_leftover)
        given = dataclasses.asdict(self)
        alone = [option(name) for name, value in given.items() if value is not None]
        if checkpoint is None and alone:
            raise RequestError(
                f"{', '.join(alone)}: also name the checkpoint, with {option('checkpoint')}"
            )

    def completed(self, recorded: RecordedSource | None) -> _SourceDetails:
        """The same, where nothing was said with what the record of the artifact says."""
        if recorded is None:
            return self
        return dataclasses.replace(
            self,
            averages=self.averages or recorded.averages,
            ignore_leftover=self.ignore_leftover or recorded.ignore_leftover,
            scope=self.scope or recorded.scope,
        )

    @contextlib.contextmanager
    def opened(
        self, checkpoint: str, recorded: str, on_transfer: Transfer | None
    ) -> Iterator[checkpoints.Checkpoint]:
        """The checkpoint; of several the one of the recorded name, if none is named."""
        with self._open(checkpoint, self.checkpoint_name, on_transfer) as found:
            label = _recorded_label(recorded, found.candidates)
            if self.checkpoint_name is not None or label in (None, found.label):
                yield found
                return
        with self._open(checkpoint, label, on_transfer) as found:
            yield found

    def _open(
        self, checkpoint: str, name: str | None, on_transfer: Transfer | None
    ) -> checkpoints.Checkpoint:
        return checkpoints.open(
            checkpoint,
            name=name,
            averages=checkpoints.parse_averages(self.averages or "auto"),
            scope=self.scope,
            sha256=self.sha256,
            progress=on_transfer,
        )

    def source(self, found: checkpoints.Checkpoint) -> Source:
        """What the proof process needs to know about an open checkpoint."""
        averages = checkpoints.parse_averages(self.averages or "auto")
        graphs = list(map(str, found.graph_files))
        ignored = self.ignore_leftover
        return Source(str(found.prefix), averages, ignored, found.format, graphs, found.scope)


def _saved_model(folder: str | os.PathLike[str]) -> Path:
    """The resolved path of a SavedModel.

    Raises:
      RequestError: if it is none, or has anything but files and folders in it.
    """
    path = paths.resolved(paths.expanded(folder))
    if not path.exists():
        raise RequestError(f"{os.fspath(folder)} does not exist: pass the folder of a SavedModel")
    if not (path / "saved_model.pb").is_file():
        raise RequestError(
            f"{os.fspath(folder)} is not a SavedModel folder: it has no saved_model.pb"
        )
    _check_entries(path)
    return path


def _recorded(folder: Path) -> RecordedSource | None:
    """What the record says about the checkpoint; the proof process refuses a damaged record."""
    with contextlib.suppress(RecordError):
        return Record.read(folder).source
    return None


def _recorded_label(name: str, candidates: Sequence[str]) -> str | None:
    """The candidate that a record names; an archive may have been unpacked since."""
    return next((label for label in candidates if f"/{name}".endswith(f"/{label}")), None)


def _check_entries(folder: Path) -> None:
    """Refuses what is missing, or could block forever when read.

    Raises:
      RequestError: names the first entry that is neither a file nor a folder.
    """
    for path in sorted(folder.rglob("*")):
        if not path.is_file() and not path.is_dir():
            raise RequestError(
                f"{folder.name}/{path.relative_to(folder).as_posix()} is neither a file nor a "
                "folder, but a broken link or a device"
            )
