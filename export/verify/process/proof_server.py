"""The process that proves: started beside the export, it has nothing in common with it.

It imports TensorFlow, forks before TensorFlow has started any thread, and lets one process
compute what the source answers while the artifact is still being written, one look at outputs
and one at gradients when it is there.

Lines of JSON come in: {mode, subject, wants_layers}, {source}, {artifact, record} and {private,
record}. {examined} goes out for each part but the last, {proof} or {error} in the end.
`proof_client` is the other side. Where a record is given it is not on disk: first comes what is
known before the export ends, then all but the outcome of the proof.
"""

from __future__ import annotations

import dataclasses
import functools
import gc
import multiprocessing
import sys
import traceback
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import TYPE_CHECKING, Any

from slimhub.checkpoints import unknown_layers
from slimhub.common.errors import ExportError, SlimhubError, option
from slimhub.common.json_process import read_message, write_message
from slimhub.export import record
from slimhub.export.record import Record
from slimhub.export.verify.checks import artifact_files
from slimhub.export.verify.process.parts import ProofTask
from slimhub.export.verify.proof import Check, Proof
from slimhub.export.verify.subject import Source, Subject

if TYPE_CHECKING:
    from slimhub.export.verify.checks.evidence import Evidence
    from slimhub.export.verify.process.parts import Examiner

    Prepare = Callable[[Connection], Sequence[Examiner]]

LARGE = 200e6  # bytes of variables
_LATER = "left to `slimhub verify` with the checkpoint"
AREAS = ("files", "contract", "variables", "inference", "training", "goldens")


def main() -> None:
    """Reads what to prove, proves it, and writes the outcome."""
    gc.disable()  # modules and graphs are many small objects that live as long as their process
    try:
        message = _prove()
    except (SlimhubError, OSError) as error:
        message = {"error": str(error)}
    except Exception:
        message = {"error": f"the proof could not be made:\n{traceback.format_exc()}"}
    write_message(sys.stdout, message)


def _prove() -> dict[str, Any]:
    hello = _read()
    import tensorflow  # noqa: F401  the processes forked below have it then

    subject = Subject.from_json(hello["subject"]) if hello["subject"] else None
    source_line = _read()["source"]
    source = Source(**source_line) if source_line else None
    target = None
    if subject is None:  # an artifact that is there says itself what it is
        target = _read()
        subject = _identify(target["artifact"])
    assignment = ProofTask(subject, source, hello["mode"], hello["wants_layers"])
    examiners = _fork(assignment)
    target = target or _read()
    folder = Path(target["artifact"])
    waiting = list(examiners.values())[1:] if _is_large(folder) else []
    for connection in examiners.values():
        if connection not in waiting:
            connection.send(target)
    finished = _read()
    unwritten = _record(finished)
    whole = {record.PATH: unwritten.text().encode()} if unwritten else {}
    described = unwritten or _written_record(folder)
    for connection in examiners.values():
        if connection not in waiting:
            connection.send(described)
    checks = artifact_files.check(folder, described, finished["private"], unwritten=whole)
    results = _collect(examiners, waiting, [target, described])
    found = [check for result in results.values() for check in result.checks]
    checks += dict.fromkeys(found)  # what cannot be loaded is no news from the second part
    checks += _left_out(assignment, described)
    proof = Proof(
        mode="contract" if source is None else assignment.mode,
        checks=tuple(sorted(checks, key=lambda check: AREAS.index(check.area))),
        endpoints=tuple(row for result in results.values() for row in result.endpoints),
        layers=tuple(row for result in results.values() for row in result.layers),
    )
    return {"proof": dataclasses.asdict(proof)}


def _left_out(assignment: ProofTask, described: Record | None) -> list[Check]:
    """Checks that this assignment does not have, with the reason."""
    if assignment.source is None:
        left = [Check("training", "outputs, updates, gradients", "not run", "no checkpoint given")]
        return [*_ignored(described), *left] if described else left
    left = []
    if assignment.mode == "quick":
        left.append(Check("training", "outputs, updates, gradients", "not run", "a quick proof"))
    if assignment.mode == "full":
        left.append(Check("inference", "gradients of inputs and variables", "not run", _LATER))
    if not assignment.runs_session:
        left.append(Check("inference", "a session answers the same", "not run", _LATER))
    return left


def _ignored(described: Record) -> list[Check]:
    """What a record says of layers that were left out; a checkpoint would show them itself."""
    pattern = described.source.ignore_leftover
    if pattern is None:
        return []
    from slimhub.export.verify.checks.evidence import LAYERS_LEFT_OUT

    said = unknown_layers.ignored(len(described.variables.ignored or ()), pattern)
    return [Check("variables", LAYERS_LEFT_OUT, "not run", said)]


def _identify(folder: str) -> Subject:
    from slimhub.export.verify.reference.artifact import Artifact

    subject = Artifact(folder).identify()
    if subject is None:
        raise ExportError(
            "the artifact has no record, and the variables are not those of one registered "
            f"network: name it with {option('network')}"
        )
    return subject


def _record(message: dict[str, Any]) -> Record | None:
    """The record in a message."""
    return None if message["record"] is None else Record.from_json(message["record"])


def _written_record(folder: Path) -> Record | None:
    from slimhub.export.verify.reference.artifact import Artifact

    return Artifact(folder).record


def _fork(assignment: ProofTask) -> dict[str, Connection]:
    """Starts a process for the source and for each part, and gives what to talk with each part."""
    context = multiprocessing.get_context("fork")
    pipes = {part: context.Pipe() for part in ("outputs", "gradients")}
    connections = {}
    if assignment.source is not None:
        asked = [ours for ours, _ in pipes.values()]
        context.Process(target=_ask, args=(assignment, *asked), daemon=True).start()
    for ours, _ in pipes.values():
        ours.close()  # or else the parts would wait for a source that has died
    for part in assignment.parts():
        connections[part], theirs = context.Pipe()
        prepare = functools.partial(getattr(assignment, part), pipes[part][1])
        context.Process(target=_examine, args=(theirs, prepare), daemon=True).start()
        theirs.close()
    for _, theirs in pipes.values():
        theirs.close()
    return connections


def _ask(assignment: ProofTask, *answers: Connection) -> None:
    """Runs in a process of its own: the source. What goes wrong is sent in place of an answer."""
    _run_as_written()
    try:
        assignment.ask(*answers)
    except BaseException as error:
        for connection in answers:
            connection.send(_message(error))


def _examine(connection: Connection, prepare: Prepare) -> None:
    """Runs in a process of its own: the artifact beside the source's answers."""
    _run_as_written()
    try:
        connection.send(_examined(connection, prepare))
    except BaseException as error:
        connection.send(_message(error))


def _message(error: BaseException) -> str:
    if isinstance(error, (SlimhubError, OSError)):
        return str(error)
    return f"the proof could not be made:\n{traceback.format_exc()}"


def _run_as_written() -> None:
    """Switches the graph optimizer off, see the source's sessions."""
    import tensorflow as tf

    tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": True})


def _examined(connection: Connection, prepare: Prepare) -> Evidence:
    from slimhub.export.verify.checks import differences
    from slimhub.export.verify.checks.evidence import Evidence
    from slimhub.export.verify.reference.artifact import Artifact

    examiners = prepare(connection)
    target = connection.recv()
    artifact = Artifact(target["artifact"], _record(target))
    is_ours = artifact.record is not None
    evidence = Evidence(differences.SAME_KERNELS if is_ours else differences.OTHER_ORDER)
    try:
        artifact.loaded  # noqa: B018  each examiner would say why it cannot be
    except ExportError as error:
        evidence.add(Check("contract", "loading", "failed", str(error)))
        evidence.skip("contract", "everything else", "it cannot be loaded")
        return evidence
    for examiner in examiners:
        examiner.examine(artifact, evidence)
    return evidence


def _is_large(folder: Path) -> bool:
    """Whether the parts are to look at it in turn: side by side they need twice the memory."""
    return sum(path.stat().st_size for path in (folder / "variables").glob("*")) > LARGE


def _collect(
    examiners: dict[str, Connection], waiting: list[Connection], messages: Sequence[object]
) -> dict[str, Evidence]:
    """Results by part; ends the process where nobody waits for them any more.

    Args:
      examiners: by part.
      waiting: those that are to begin when the one before has ended.
      messages: what they wait for.
    """
    parts = {connection: part for part, connection in examiners.items()}
    results: dict[str, Evidence] = {}
    while len(results) < len(parts):
        running = [c for c, part in parts.items() if part not in results]
        for ready in wait([*running, sys.stdin.fileno()]):
            if ready not in parts:
                sys.exit()  # the other side has closed
            part = parts[ready]
            try:
                result = ready.recv()
            except EOFError:
                raise ExportError(f"the proof of {part} ended early: out of memory?") from None
            if isinstance(result, str):
                raise ExportError(result)
            results[part] = result
            if waiting:
                following = waiting.pop(0)
                for message in messages:
                    following.send(message)
            if len(results) < len(parts):
                write_message(sys.stdout, {"examined": part})
    return results


def _read() -> dict[str, Any]:
    message = read_message(sys.stdin)
    if message is None:
        sys.exit()  # the other side has closed
    return message
