"""One export from request to artifact."""

from __future__ import annotations

import contextlib
import dataclasses
import os
from pathlib import Path
from typing import TYPE_CHECKING

from slimhub import checkpoints, nets
from slimhub.checkpoints import statistics
from slimhub.common.errors import ExportError
from slimhub.common.progress import OnPhase, Transfer
from slimhub.export import advice, labels, misfits, network_match, record, record_draft, staging
from slimhub.export.record import Record
from slimhub.export.record_parts import RecordedProof
from slimhub.export.request import AUTO, Request, Result
from slimhub.export.verify.process import launch
from slimhub.export.verify.process.proof_client import ProofProcess
from slimhub.export.verify.proof import Proof

if TYPE_CHECKING:
    from slimhub.export.savedmodel.graphs import Graphs

PHASES = (
    "checking the request",
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
    """Makes the artifact that a request asks for.

    Args:
      request: what to export from where to where.
      on_phase: called at the start of each of `PHASES`.
      on_transfer: called while a checkpoint is downloaded.
      forks: whether the process that proves is a fork of this one, which must have imported
        TensorFlow but not used it yet; saves seconds. The network must be named.

    Returns:
      What was done. The artifact is whole at its target.

    Raises:
      nets.NetworkError, RequestError: for a request that is refused.
      checkpoints.CheckpointError: for a checkpoint that is bad or does not fit.
      ExportError: for an artifact that cannot be written.
      In every case the target is as it was.
    """
    on_phase(PHASES[0])
    request.check()
    target = staging.check_target(request.output, request.overwrite)
    staging.check_inputs(target, [request.checkpoint, request.labels])

    with contextlib.ExitStack() as resources:
        checkpoint = proof_process = None
        network_choice = ""
        if request.network == AUTO:
            on_phase(PHASES[1])
            checkpoint = resources.enter_context(_open(request, on_transfer))
            request, network_choice = network_match.resolve(request, checkpoint)
            if request.scope is not None and not checkpoint.scope:
                checkpoint = checkpoint.scoped(request.scope)
        spec = request.spec()
        names = labels.choose(request.labels, request.task, spec)
        if request.proof != "none":
            start = launch.forked if forks else launch.fresh
            proof_process = resources.enter_context(
                ProofProcess(request.proof, request.subject(), start=start)
            )
        if checkpoint is None:
            on_phase(PHASES[1])
            checkpoint = resources.enter_context(_open(request, on_transfer))
        if proof_process is not None:
            proof_process.restore(request.source(checkpoint))
        on_phase(PHASES[2])
        built = _build(spec, request.task)
        on_phase(PHASES[3])
        plan, warnings = _fill(built, checkpoint, spec, request)

        on_phase(PHASES[4])
        from slimhub.export import golden_answer
        from slimhub.export.savedmodel import writer  # import TensorFlow

        variables = record_draft.describe_variables(plan, built.variables.count())
        described = record_draft.draft(request, spec, checkpoint, variables, names)
        with staging.staged(target, request.overwrite) as folder:
            writer.write(folder, spec, request.task, built, names)
            if proof_process is not None:
                proof_process.examine(folder, described)
            on_phase(PHASES[5])
            golden = golden_answer.write(folder, spec, built)
            described = dataclasses.replace(
                described, golden=golden, files=record.digest_files(folder)
            )
            proof = None
            if proof_process is not None:
                proof = _prove(proof_process, folder, described, checkpoint, on_phase)
                counts = RecordedProof(mode=request.proof, counts=proof.counts())
                described = dataclasses.replace(described, proof=counts)
            described.write(folder)
            size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    lines = plan.summary() + warnings
    return Result(target, described, network_choice, checkpoint.choice, lines, size, proof)


def _open(
    request: Request, on_transfer: Transfer | None
) -> contextlib.AbstractContextManager[checkpoints.Checkpoint]:
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
    proof = proof_process.conclude(private, lambda part: on_phase(PHASES[6]), record=described)
    if not proof.holds:
        failed = "\n".join(f"  {check.line()}" for check in proof.failed)
        raise ExportError(
            f"the artifact failed its proof, so it was not put in place ({proof.summary()}):\n"
            f"{failed}"
        )
    return proof


def _absolute(*folders: Path) -> list[str]:
    """The absolute paths of folders, as they were named and with links resolved."""
    return sorted(
        {way(folder) for folder in folders for way in (os.path.abspath, os.path.realpath)}
    )


def _build(spec: nets.NetworkSpec, task: str) -> Graphs:
    from slimhub.export.savedmodel import graphs  # imports TensorFlow

    try:
        return graphs.build(spec, task)
    except Exception as error:
        if spec.reference:  # whatever a user's builder raises
            raise ExportError(
                f"{spec.reference} cannot be built: {type(error).__name__}: {error}"
            ) from error
        if not isinstance(error, ValueError):
            raise
        raise ExportError(
            f"TensorFlow cannot build {spec.name} with these options: {error}"
        ) from error


def _fill(
    built: Graphs, checkpoint: checkpoints.Checkpoint, spec: nets.NetworkSpec, request: Request
) -> tuple[checkpoints.Plan, list[str]]:
    """Sets the variables from the checkpoint, or says why it does not fit; and what to warn of."""
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
        raise checkpoints.CheckpointError(
            f"{error}\n{advice.give(checkpoint, plan, spec, [info.name for info in wanted])}"
        ) from error
    plan.require_known(checkpoint.label)
    values = plan.load(checkpoint)
    built.variables.assign(values)
    warnings = misfits.warn_of_colors(checkpoint, spec.input_scaling)
    return plan, warnings + [statistics.NEVER_MOVED] * statistics.never_moved(values)
