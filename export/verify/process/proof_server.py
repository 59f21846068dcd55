"""The process that proves: started next to the export, but independent of it.

It imports TensorFlow, then forks before TensorFlow has started any threads. One process computes
the source's answers while the artifact is still being written; when it is complete, one examines
outputs and one gradients.

It reads JSON lines: {mode, wants_layers, trust}, {source, subject}, {artifact, record} and
{private, record}. It writes {examined} for each part except the last, and {proof} or {error} at the
end. `proof_client` is the other side. A given record is not on disk: the first one holds what is
known before the export ends, the second one everything except the outcome of the proof.
"""

from __future__ import annotations

import contextlib
import dataclasses
import gc
import multiprocessing
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import TYPE_CHECKING, Any

from slimhub.checkpoints import unknown_layers
from slimhub.common import quiet_tensorflow
from slimhub.common.errors import ExportError, SlimhubError, option
from slimhub.common.json_process import read_message, write_message
from slimhub.export import record
from slimhub.export.record import Record
from slimhub.export.verify.checks import artifact_files
from slimhub.export.verify.process import untrusted
from slimhub.export.verify.process.parts import LARGE, ProofTask
from slimhub.export.verify.proof import Check, Proof
from slimhub.export.verify.subject import Source, Subject

if TYPE_CHECKING:
    from slimhub.export.verify.checks.evidence import Evidence
    from slimhub.export.verify.process.parts import Examiner
    from slimhub.export.verify.reference.artifact import Artifact

    Prepare = Callable[[Connection, Connection], Iterator[Examiner]]

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
        message = {"error": f"the proof failed unexpectedly:\n{traceback.format_exc()}"}
    write_message(sys.stdout, message)


def _prove() -> dict[str, Any]:
    hello = _read()
    quiet_tensorflow.imported()  # the processes forked below have it then

    proved = _read()
    subject = Subject.from_json(proved["subject"]) if proved["subject"] else None
    source = Source(**proved["source"]) if proved["source"] else None
    target = artifact = None
    if subject is None:  # an existing artifact describes itself
        target = _read()
        artifact = _existing(target)
        subject = _identify(artifact)
    assignment = ProofTask(subject, source, hello["mode"], hello["wants_layers"])
    examiners = _fork(assignment)
    target = target or _read()
    folder = Path(target["artifact"])
    if artifact is None and target["record"] is None:  # with a record it is being exported
        artifact = _existing(target)
    written = artifact.record if artifact else None
    digests = None
    if artifact and not hello["trust"]:
        digests = artifact_files.check_digests(folder, written)
        if refused := untrusted.refuse(artifact, digests):
            files = artifact_files.check(folder, written, _read()["private"], digests=digests)
            return _answer(assignment, [*files, *refused])
    waiting = list(examiners.values())[1:] if _is_large(folder) else []
    for connection in examiners.values():
        if connection not in waiting:
            _send(connection, target)
    finished = _read()
    unwritten = _record(finished)
    whole = {record.PATH: unwritten.text().encode()} if unwritten else {}
    described = unwritten or written
    for connection in examiners.values():
        if connection not in waiting:
            _send(connection, described)
    checks = artifact_files.check(
        folder, described, finished["private"], unwritten=whole, digests=digests
    )
    results = _collect(examiners, waiting, [target, described])
    if artifact:
        artifact.check_unchanged()  # what was checked is what was loaded
    found = [check for result in results.values() for check in result.checks]
    checks += dict.fromkeys(found)  # if it cannot be loaded, the second part has nothing to add
    checks += _left_out(assignment, described)
    return _answer(
        assignment,
        checks,
        endpoints=tuple(row for result in results.values() for row in result.endpoints),
        layers=tuple(row for result in results.values() for row in result.layers),
    )


def _answer(assignment: ProofTask, checks: Sequence[Check], **rows: Any) -> dict[str, Any]:
    proof = Proof(
        mode="contract" if assignment.source is None else assignment.mode,
        checks=tuple(sorted(checks, key=lambda check: AREAS.index(check.area))),
        **rows,
    )
    return {"proof": dataclasses.asdict(proof)}


def _left_out(assignment: ProofTask, described: Record | None) -> list[Check]:
    """Checks that do not apply to this assignment, with the reason."""
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
    """What a record says about ignored layers; a checkpoint would show them itself."""
    pattern = described.source.ignore_leftover
    if pattern is None:
        return []
    from slimhub.export.verify.checks.evidence import LAYERS_LEFT_OUT

    said = unknown_layers.ignored(len(described.variables.ignored or ()), pattern)
    return [Check("variables", LAYERS_LEFT_OUT, "not run", said)]


def _existing(target: dict[str, Any]) -> Artifact:
    from slimhub.export.verify.reference.artifact import Artifact

    return Artifact(target["artifact"])


def _identify(artifact: Artifact) -> Subject:
    subject = artifact.identify()
    if subject is None:
        raise ExportError(
            "the artifact has no record, and its variables do not identify one registered "
            f"network: name it with {option('network')}"
        )
    return subject


def _record(message: dict[str, Any]) -> Record | None:
    """The record in a message."""
    return None if message["record"] is None else Record.from_json(message["record"])


def _fork(assignment: ProofTask) -> dict[str, Connection]:
    """Starts a process for the source and for each part; returns connections to the parts."""
    context = multiprocessing.get_context("fork")
    pipes = {part: context.Pipe() for part in ("outputs", "gradients")}
    connections = {}
    if assignment.source is not None:
        asked = [ours for ours, _ in pipes.values()]
        context.Process(target=_query_source, args=(assignment, *asked), daemon=True).start()
    for ours, _ in pipes.values():
        ours.close()  # otherwise the parts would wait for a source that has died
    for part in assignment.parts():
        connections[part], theirs = context.Pipe()
        given = (theirs, pipes[part][1], getattr(assignment, part))
        context.Process(target=_examine, args=given, daemon=True).start()
        theirs.close()
    for _, theirs in pipes.values():
        theirs.close()
    return connections


def _query_source(assignment: ProofTask, *answers: Connection) -> None:
    """Runs the source in a separate process. An error is sent instead of an answer."""
    _run_as_written()
    try:
        assignment.ask(*answers)
    except BaseException as error:
        for connection in answers:
            connection.send(_message(error))


def _examine(connection: Connection, answers: Connection, prepare: Prepare) -> None:
    """Runs in a separate process: compares the artifact with the source's answers."""
    _run_as_written()
    try:
        connection.send(_examined(connection, answers, prepare))
    except BaseException as error:
        connection.send(_message(error))


def _message(error: BaseException) -> str:
    if isinstance(error, (SlimhubError, OSError)):
        return str(error)
    return f"the proof failed unexpectedly:\n{traceback.format_exc()}"


def _run_as_written() -> None:
    """Turns the graph optimizer off, see the source's sessions."""
    import tensorflow as tf

    tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": True})


def _examined(connection: Connection, answers: Connection, prepare: Prepare) -> Evidence:
    from slimhub.export.verify.checks import differences
    from slimhub.export.verify.checks.evidence import Evidence

    examiners: Iterable[Examiner] = prepare(answers, connection)
    target = connection.recv() if connection in wait([connection, answers]) else None
    if target is None or target["record"] is not None or _is_large(Path(target["artifact"])):
        # An artifact that is being exported comes when most answers are there; they have to be
        # received for the source to go on. And the estimated memory is that of one after the other.
        examiners = list(examiners)
    # Otherwise it is loaded and examined while the source computes what comes next.
    artifact = _artifact(target or connection.recv())
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


def _artifact(target: dict[str, Any]) -> Artifact:
    from slimhub.export.verify.reference.artifact import Artifact

    return Artifact(target["artifact"], _record(target))


def _is_large(folder: Path) -> bool:
    """Whether the parts should run one after the other: side by side they need twice the memory."""
    return sum(path.stat().st_size for path in (folder / "variables").glob("*")) > LARGE


def _collect(
    examiners: dict[str, Connection], waiting: list[Connection], messages: Sequence[object]
) -> dict[str, Evidence]:
    """Results by part; ends the process if nobody waits for them any more.

    Args:
      examiners: by part.
      waiting: parts to start when the one before has ended.
      messages: where they wait for input.
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
                    _send(following, message)
            if len(results) < len(parts):
                write_message(sys.stdout, {"examined": part})
    return results


def _send(connection: Connection, message: object) -> None:
    """Sends to a part; one that has ended has already answered, which `_collect` reads."""
    with contextlib.suppress(BrokenPipeError):
        connection.send(message)


def _read() -> dict[str, Any]:
    message = read_message(sys.stdin)
    if message is None:
        sys.exit()  # the other side has closed
    return message
