"""The process that proves: started beside the export, it has nothing in common with it.

It imports TensorFlow, forks before TensorFlow has started any thread, and lets one process
look at outputs and one at gradients. Each builds its source and computes the answers while
the artifact is still being written, and loads it when it is there.

Lines of JSON come in: {mode, subject, wants_layers}, {source}, {artifact, record}, {private}.
{examined} goes out for each part but the last, {proof} or {error} in the end. `companion` is the
other side. The record has to be on disk when {private} comes, not before.
"""

from __future__ import annotations

import dataclasses
import functools
import gc
import json
import multiprocessing
import sys
import traceback
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import TYPE_CHECKING, Any

from export.errors import ExportError
from export.verify import files
from export.verify.proof import Check, Proof
from export.verify.subject import Source, Subject

if TYPE_CHECKING:
    from export.verify.evidence import Evidence
    from export.verify.goldens import Goldens
    from export.verify.gradients import Gradients
    from export.verify.inference import Inference
    from export.verify.training import Training

    Examiner = Inference | Goldens | Training | Gradients
    Prepare = Callable[[Connection], Sequence[Examiner]]

_LARGE = 200e6  # bytes of variables
AREAS = ("files", "contract", "variables", "inference", "training", "goldens")


@dataclasses.dataclass(frozen=True)
class Assignment:
    """What the examiners are to do.

    Attributes:
      subject: which network.
      source: its checkpoint, or None.
      mode: `full`, `quick`, or `thorough`, which is full with the gradients of inference.
      wants_layers: whether to describe the values of all variables.
    """

    subject: Subject
    source: Source | None
    mode: str
    wants_layers: bool

    def parts(self) -> list[str]:
        """What processes of their own look at."""
        has_gradients = self.source is not None and self.mode != "quick"
        return ["outputs", "gradients"] if has_gradients else ["outputs"]

    def outputs(self, answers: Connection, worker: Connection) -> list[Examiner]:
        """The examiners of outputs.

        Args:
          answers: gives what the source answers, where there is another part: it has a source.
          worker: says when the artifact is whole.
        """
        from export.verify import inference, source
        from export.verify.goldens import Goldens
        from export.verify.training import Training

        training, shapes = [], None
        if "gradients" in self.parts():
            still = answers.recv()
            training = [Training(self.subject, answers.recv())]
        elif self.source is not None:
            network = source.SourceNetwork(self.subject, self.source, is_training=False)
            still = inference.ask(network, is_full=False)
        else:
            still, shapes = None, source.shapes(self.subject)
        return [
            inference.Inference(self.subject, still, shapes, wants_layers=self.wants_layers),
            Goldens(worker.recv),  # before training, which moves statistics
            *training,
        ]

    def gradients(self, answers: Connection, worker: Connection) -> list[Examiner]:
        """The examiners of gradients.

        Args:
          answers: takes what the source answers, for the other part.
          worker: not needed.
        """
        from export.verify import inference, training
        from export.verify.gradients import Gradients
        from export.verify.source import SourceNetwork

        # Inference comes first, here and below: training moves statistics that it reads.
        network = SourceNetwork(self.subject, self.source, is_training=False)
        answers.send(inference.ask(network, is_full=True))
        examiners = [Gradients(network)] if self.mode == "thorough" else []
        network = SourceNetwork(self.subject, self.source, is_training=True, sharing=network)
        answers.send(training.ask(network))
        return [*examiners, Gradients(network)]


def main() -> None:
    """Reads what to prove, proves it, and writes the outcome."""
    try:
        message = _prove()
    except ExportError as error:
        message = {"error": str(error)}
    except Exception:
        message = {"error": f"the proof could not be made:\n{traceback.format_exc()}"}
    _write(message)


def _prove() -> dict[str, Any]:
    hello = _read()
    import tensorflow  # noqa: F401  the processes forked below have it then

    subject = Subject(**hello["subject"]) if hello["subject"] else None
    source_line = _read()["source"]
    source = Source(**source_line) if source_line else None
    target = None
    if subject is None:  # an artifact that is there says itself what it is
        target = _read()
        subject = _identify(target["artifact"])
    assignment = Assignment(subject, source, hello["mode"], hello["wants_layers"])
    examiners = _fork(assignment)
    target = target or _read()
    folder = Path(target["artifact"])
    waiting = list(examiners.values())[1:] if _is_large(folder) else []
    for connection in examiners.values():
        if connection not in waiting:
            connection.send(target)
    finished = _read()
    for connection in examiners.values():
        if connection not in waiting:
            connection.send("whole")
    checks = files.check(folder, _record(folder), finished["private"])
    results = _collect(examiners, waiting, [target, "whole"])
    checks += [check for result in results.values() for check in result.checks]
    checks += _left_out(assignment)
    proof = Proof(
        mode="contract" if source is None else assignment.mode,
        checks=tuple(sorted(checks, key=lambda check: AREAS.index(check.area))),
        endpoints=tuple(row for result in results.values() for row in result.endpoints),
        layers=tuple(row for result in results.values() for row in result.layers),
    )
    return {"proof": dataclasses.asdict(proof)}


def _left_out(assignment: Assignment) -> list[Check]:
    """Checks that this assignment does not have, with the reason."""
    if assignment.source is None:
        return [Check("training", "outputs, updates, gradients", "not run", "no checkpoint given")]
    if assignment.mode == "quick":
        return [Check("training", "outputs, updates, gradients", "not run", "a quick proof")]
    if assignment.mode == "full":
        why = "left to `slimhub verify` with the checkpoint"
        return [Check("inference", "gradients of inputs and variables", "not run", why)]
    return []


def _identify(folder: str) -> Subject:
    from export.verify.artifact import Artifact

    subject = Artifact(folder).identify()
    if subject is None:
        raise ExportError(
            "the artifact has no record, and the variables are not those of one registered "
            "network: name it with --network"
        )
    return subject


def _record(folder: Path) -> dict[str, Any] | None:
    from export.verify.artifact import Artifact

    return Artifact(folder).record


def _fork(assignment: Assignment) -> dict[str, Connection]:
    """Starts a process for each part, and gives what to talk with each."""
    context = multiprocessing.get_context("fork")
    reader, writer = context.Pipe(duplex=False)
    answers = {"outputs": reader, "gradients": writer}
    connections = {}
    for part in assignment.parts():
        connections[part], theirs = context.Pipe()
        prepare = functools.partial(getattr(assignment, part), answers[part])
        context.Process(target=_examine, args=(theirs, prepare), daemon=True).start()
        theirs.close()
    return connections


def _examine(connection: Connection, prepare: Prepare) -> None:
    """Runs in a process of its own: answers of the source, then the artifact beside them."""
    gc.disable()  # graphs are many small objects that live as long as this process
    try:
        connection.send(_examined(connection, prepare))
    except BaseException as error:
        connection.send(str(error) if isinstance(error, ExportError) else traceback.format_exc())


def _examined(connection: Connection, prepare: Prepare) -> Evidence:
    import tensorflow as tf

    from export.verify import differences
    from export.verify.artifact import Artifact
    from export.verify.evidence import Evidence

    # As the source's sessions, see there.
    tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": True})
    examiners = prepare(connection)
    target = connection.recv()
    artifact = Artifact(target["artifact"], target["record"])
    is_ours = artifact.record is not None
    evidence = Evidence(differences.SAME_KERNELS if is_ours else differences.OTHER_ORDER)
    for examiner in examiners:
        examiner.examine(artifact, evidence)
    return evidence


def _is_large(folder: Path) -> bool:
    """Whether the parts are to look at it in turn: side by side they need twice the memory."""
    return sum(path.stat().st_size for path in (folder / "variables").glob("*")) > _LARGE


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
                raise ExportError(f"the proof of {part} could not be made: {result}")
            results[part] = result
            if waiting:
                following = waiting.pop(0)
                for message in messages:
                    following.send(message)
            if len(results) < len(parts):
                _write({"examined": part})
    return results


def _read() -> dict[str, Any]:
    line = sys.stdin.readline()
    if not line:
        sys.exit()  # the other side has closed
    return json.loads(line)


def _write(message: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()
