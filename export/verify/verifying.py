"""Verifies an artifact that is there."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from pathlib import Path

import checkpoints
from export import record
from export.errors import RequestError
from export.verify.companion import Companion
from export.verify.proof import Proof
from export.verify.subject import Source, Subject

PHASES = ("opening the checkpoint", "examining the artifact", "finishing the examination")


def verify(
    folder: str | os.PathLike[str],
    checkpoint: str | None = None,
    *,
    checkpoint_name: str | None = None,
    sha256: str | None = None,
    averages: str | None = None,
    subject: Subject | None = None,
    wants_layers: bool = False,
    on_phase: Callable[[str], None] = lambda phase: None,
    on_transfer: Callable[[str, int, int | None], None] | None = None,
) -> Proof:
    """Checks files, contract and golden answers of an artifact, and parity with its source.

    Args:
      folder: the artifact.
      checkpoint: what it was made from; without it the source's outputs are not compared.
      checkpoint_name: which of several checkpoints.
      sha256: expected hex digest of an archive or file.
      averages: `auto`, `shadow` or `raw`, as the export was asked for; by default what the record
        says, `auto` without one.
      subject: which network it is; what its record, or else its variables say by default.
      wants_layers: whether the proof is to describe the values of all variables.
      on_phase: called at the start of each of `PHASES`.
      on_transfer: called while a checkpoint is downloaded.

    Returns:
      The proof, whether or not it holds.

    Raises:
      RequestError: where there is no SavedModel.
      checkpoints.CheckpointError: for a checkpoint that cannot be read or does not fit.
      ExportError: for an artifact that cannot be examined at all.
    """
    path = Path(folder).expanduser().resolve()
    if not (path / "saved_model.pb").is_file():
        raise RequestError(
            f"{os.fspath(folder)} is not a SavedModel folder: it has no saved_model.pb"
        )
    with contextlib.ExitStack() as resources:
        companion = resources.enter_context(
            Companion("thorough", subject, wants_layers=wants_layers)
        )
        on_phase(PHASES[0])
        source = None
        if checkpoint is not None:
            averages = averages or _averages(path)
            opened = resources.enter_context(
                checkpoints.open(
                    checkpoint,
                    name=checkpoint_name,
                    averages=averages,
                    sha256=sha256,
                    progress=on_transfer,
                )
            )
            source = Source(str(opened.prefix), averages)
        companion.restore(source)
        on_phase(PHASES[1])
        companion.examine(path)
        return companion.conclude((str(path),), lambda part: on_phase(PHASES[2]))


def _averages(folder: Path) -> str:
    """Which averages the export was asked for; the companion complains of a damaged record."""
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        return record.read(folder)["checkpoint"]["averages"]
    return "auto"
