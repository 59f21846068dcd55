"""Runs one export from request to artifact."""

from __future__ import annotations

import contextlib
import dataclasses
import os
from pathlib import Path
from typing import TYPE_CHECKING

from slimhub import checkpoints, nets
from slimhub.checkpoints import locator, statistics, trained_ranges
from slimhub.common import quiet_tensorflow
from slimhub.common.errors import ExportError
from slimhub.common.progress import OnPhase, Transfer
from slimhub.common.text import count
from slimhub.export import (
    advice,
    graph_options,
    labels,
    misfits,
    network_match,
    record,
    record_draft,
    staging,
)
from slimhub.export.record import Record
from slimhub.export.record_parts import RecordedProof
from slimhub.export.request import AUTO, Request, Result
from slimhub.export.verify.process import launch
from slimhub.export.verify.process.proof_client import ProofProcess
from slimhub.export.verify.proof import Proof

if TYPE_CHECKING:
    from slimhub.export.savedmodel.graphs import Graphs

_FLOAT_BYTES = 4
_GRAPH_BYTES = 16_000_000  # what an artifact holds besides values, at most
PHASES = (
    "opening the checkpoint",
    "building the graphs",
    "restoring the variables",
    "writing the artifact",
    "proving the artifact",
    "finishing the proof",
)


def export(
    request: Request,
    on_phase: OnPhase = lambda phase: None,
    on_transfer: Transfer | None = None,
    *,
    forks: bool = False,
) -> Result:
    """Creates the artifact that a request describes.

    If it fails, the target is as it was before.

    Args:
      request: what to export, from where, and where to.
      on_phase: called at the start of each of `PHASES`, and not before the request was checked.
      on_transfer: called while a checkpoint is downloaded.
      forks: whether to fork the proof process from this one, which must not have used TensorFlow
        yet; saves the seconds of a second import. A custom network, whose module may use
        TensorFlow, is proved in a fresh process all the same.

    Returns:
      What was done; `Result.bytes` is the size on disk. The artifact at the target is complete.

    Raises:
      nets.NetworkError: if the network is unknown, or cannot have an option.
      RequestError: if the request is refused for any other reason.
      checkpoints.CheckpointError: if the checkpoint is damaged or does not fit.
      ExportError: if the artifact cannot be written, or fails its proof.
    """
    request.check()
    target = staging.check_target(request.output, request.overwrite)
    staging.check_inputs(target, [request.checkpoint, request.labels])

    with contextlib.ExitStack() as resources:
        checkpoint = proof_process = None
        network_choice, shown = "", None
        if request.network == AUTO:
            checkpoint = resources.enter_context(_open(request, on_phase, on_transfer))
            found = network_match.resolve(request, checkpoint, forks=forks)
            request, network_choice, shown = found.request, found.ground, found.shown
            checkpoint = found.checkpoint
        spec = request.spec()
        names = labels.choose(request.labels, request.task, spec)
        if forks and checkpoint is None:
            checkpoint = resources.enter_context(_open(request, on_phase, on_transfer))
        if request.proof != "none":
            start = launch.starter(forks=forks)
            proof_process = resources.enter_context(ProofProcess(request.proof, start=start))
        if checkpoint is None:
            checkpoint = resources.enter_context(_open(request, on_phase, on_transfer))
        if shown is None:
            shown = graph_options.find(request.network, request, checkpoint, forks=forks)
        options, added = shown.complete(request)
        request = dataclasses.replace(request, options=options)
        spec = request.spec()
        if proof_process is not None:
            proof_process.restore(request.source(checkpoint), request.subject())
        on_phase(PHASES[1])
        built = _build(spec, request.task)
        on_phase(PHASES[2])
        plan, warnings = _fill(built, checkpoint, spec, request)

        numbers = built.variables.count()
        values = numbers["parameters"] + numbers["statistics"]
        staging.check_room(target, values * _FLOAT_BYTES + _GRAPH_BYTES)
        on_phase(PHASES[3])
        from slimhub.export import golden_answer
        from slimhub.export.savedmodel import graph_figures, writer  # import TensorFlow

        variables = record_draft.describe_variables(plan, built.variables.count())
        described = record_draft.draft(request, spec, checkpoint, variables, names, list(added))
        ranges, remarks = _ranges(checkpoint, request)
        described = dataclasses.replace(described, ranges=record_draft.describe_ranges(ranges))
        with staging.staged(target, request.overwrite) as folder:
            writer.write(folder, spec, request.task, built, names)
            if proof_process is not None:
                proof_process.examine(folder, described)
            on_phase(PHASES[4])
            golden = golden_answer.write(folder, spec, built)
            figures = None
            if not nets.has_stored_layers(spec):
                figures = graph_figures.measure(spec, request.task, built)
            described = dataclasses.replace(
                described, figures=figures, golden=golden, files=record.digest_files(folder)
            )
            proof = None
            if proof_process is not None:
                proof = _prove(proof_process, folder, described, checkpoint, on_phase)
                counts = RecordedProof(mode=request.proof, counts=proof.counts())
                described = dataclasses.replace(described, proof=counts)
            checkpoint.check_unchanged()
            described.write(folder)
            size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    lines = plan.summary() + remarks + warnings
    said = shown.describe(added)
    return Result(target, described, network_choice, checkpoint.choice, lines, size, proof, said)


def _ranges(
    checkpoint: checkpoints.Checkpoint, request: Request
) -> tuple[dict[str, tuple[float, float]], list[str]]:
    """The ranges of a quantization-aware training, and what to say about them."""
    try:
        ranges = trained_ranges.read(checkpoint, request.averages)
    except trained_ranges.RangeError as error:
        return {}, [f"the trained ranges are not kept in the record: {error}"]
    if not ranges:
        return {}, []
    return ranges, [
        f"{count(len(ranges), 'trained range')} kept in the record: `slimhub convert` writes 8 "
        "bits with them"
    ]


def _open(
    request: Request, on_phase: OnPhase, on_transfer: Transfer | None
) -> contextlib.AbstractContextManager[checkpoints.Checkpoint]:
    locator.check_presence(request.checkpoint)
    on_phase(PHASES[0])
    return checkpoints.open(
        request.checkpoint,
        name=request.checkpoint_name,
        averages=request.averages,
        scope=request.scope,
        sha256=request.sha256,
        progress=on_transfer,
    )


def _prove(
    proof_process: ProofProcess,
    folder: Path,
    described: Record,
    checkpoint: checkpoints.Checkpoint,
    on_phase: OnPhase,
) -> Proof:
    """Waits for the proof, and refuses an artifact that fails it.

    Raises:
      ExportError: says what differs, and where.
    """
    private = _absolute(folder.parent, checkpoint.prefix.parent)
    proof = proof_process.conclude(private, lambda part: on_phase(PHASES[5]), record=described)
    if not proof.holds:
        failed = "\n".join(f"  {check.line()}" for check in proof.failed)
        raise ExportError(
            f"the artifact failed its proof and was not put in place ({proof.summary()}):\n{failed}"
        )
    return proof


def _absolute(*folders: Path) -> list[str]:
    """The absolute paths of folders, as given and with links resolved."""
    return sorted(
        {way(folder) for folder in folders for way in (os.path.abspath, os.path.realpath)}
    )


def _build(spec: nets.NetworkSpec, task: str) -> Graphs:
    quiet_tensorflow.tensorflow()
    from slimhub.export.savedmodel import graphs

    try:
        return graphs.build(spec, task)
    except Exception as error:
        if spec.reference:  # whatever a user's builder raises
            raise ExportError(
                f"cannot build {spec.reference}: {type(error).__name__}: {error}"
            ) from error
        if not isinstance(error, ValueError):
            raise
        raise ExportError(
            f"TensorFlow cannot build {spec.name} with these options: {error}"
        ) from error


def _fill(
    built: Graphs, checkpoint: checkpoints.Checkpoint, spec: nets.NetworkSpec, request: Request
) -> tuple[checkpoints.Plan, list[str]]:
    """Sets the variables from the checkpoint, or explains why it does not fit; returns warnings."""
    wanted = built.variables.infos()
    plan = checkpoints.plan(
        checkpoint,
        wanted,
        averages=request.averages,
        expectations=request.subject().expectations(request.ignore_leftover),
    )
    try:
        plan.require_complete()
    except checkpoints.CheckpointError as error:
        # What to do comes first: the names that explain it may fill a screen.
        advised = advice.give(checkpoint, plan, spec, [info.name for info in wanted])
        raise checkpoints.CheckpointError(f"{advised}\n{error}") from error
    plan.require_known(checkpoint.label)
    values = plan.load(checkpoint)
    built.variables.assign(values)
    warnings = misfits.warn_about_colors(checkpoint, spec.input_scaling)
    return plan, warnings + [statistics.NEVER_MOVED] * statistics.never_moved(values)
