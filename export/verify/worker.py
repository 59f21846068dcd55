"""The process that proves: started beside the export, it has nothing in common with it.

It imports TensorFlow, forks before TensorFlow has started any thread, and lets one process
look at inference and one at training. Each builds its source and computes the answers while
the artifact is still being written, and loads it when it is there.

Lines of JSON come in: {mode, subject}, then {source}, then {artifact, private}. {examined} goes
out for each part but the last, and {proof} or {error} in the end. `companion` is the other side.
"""

from __future__ import annotations

import dataclasses
import gc
import json
import multiprocessing
import sys
import traceback
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

from export.errors import ExportError
from export.verify import files
from export.verify.proof import Check, Proof
from export.verify.subject import Source, Subject

_AREAS = ("files", "contract", "variables", "inference", "training", "goldens")


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
    parts = ["inference"]
    if hello["mode"] == "full" and source is not None:
        parts.append("training")
    examiners = {part: _fork(part, subject, source, hello["mode"] == "full") for part in parts}
    target = target or _read()
    for connection in examiners.values():
        connection.send(target["artifact"])
    checks = _check_files(Path(target["artifact"]), target["private"])
    results = _collect(examiners)
    checks += [check for result in results.values() for check in result["checks"]]
    if "training" not in parts:
        why = "no checkpoint was given" if source is None else "left out of a quick proof"
        checks.append(Check("training", "training mode and gradients", "not run", why))
    proof = Proof(
        mode="contract" if source is None else hello["mode"],
        checks=tuple(sorted(checks, key=lambda check: _AREAS.index(check.area))),
        endpoints=tuple(row for part in parts for row in results[part]["endpoints"]),
        layers=tuple(row for part in parts for row in results[part]["layers"]),
    )
    return {"proof": dataclasses.asdict(proof)}


def _identify(folder: str) -> Subject:
    from export.verify.artifact import Artifact

    subject = Artifact(folder).identify()
    if subject is None:
        raise ExportError(
            "the artifact has no record, and the variables are not those of one registered "
            "network: name it with --network"
        )
    return subject


def _check_files(folder: Path, private: list[str]) -> list[Check]:
    from export.verify.artifact import Artifact

    return files.check(folder, Artifact(folder).record, private)


def _fork(part: str, subject: Subject, source: Source | None, is_full: bool) -> Connection:
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe()
    arguments = (theirs, part, subject, source, is_full)
    context.Process(target=_examine, args=arguments, daemon=True).start()
    theirs.close()
    return ours


def _examine(
    connection: Connection, part: str, subject: Subject, source: Source | None, is_full: bool
) -> None:
    """Runs in a process of its own: answers of the source, then the artifact beside them."""
    gc.disable()  # graphs are many small objects that live as long as this process
    try:
        connection.send(_examined(connection, part, subject, source, is_full))
    except BaseException as error:
        message = str(error) if isinstance(error, ExportError) else traceback.format_exc()
        connection.send({"error": message})


def _examined(
    connection: Connection, part: str, subject: Subject, source: Source | None, is_full: bool
) -> dict[str, Any]:
    import tensorflow as tf

    from export.verify import differences
    from export.verify.artifact import Artifact
    from export.verify.evidence import Evidence
    from export.verify.inference import Inference
    from export.verify.training import Training

    # As the source's sessions, see there.
    tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": True})
    if part == "inference":
        examiner = Inference(subject, source, is_full=is_full)
    else:
        examiner = Training(subject, source)
    artifact = Artifact(connection.recv())
    is_ours = artifact.record is not None
    evidence = Evidence(differences.SAME_KERNELS if is_ours else differences.OTHER_ORDER)
    examiner.examine(artifact, evidence)
    return {
        "checks": evidence.checks,
        "endpoints": evidence.endpoints,
        "layers": evidence.layers,
    }


def _collect(examiners: dict[str, Connection]) -> dict[str, dict[str, Any]]:
    """Results by part; ends the process where nobody waits for them any more."""
    parts = {connection: part for part, connection in examiners.items()}
    results: dict[str, dict[str, Any]] = {}
    while len(results) < len(parts):
        waiting = [c for c, part in parts.items() if part not in results]
        for ready in wait([*waiting, sys.stdin.fileno()]):
            if ready not in parts:
                sys.exit()  # the other side has closed
            part = parts[ready]
            try:
                results[part] = ready.recv()
            except EOFError:
                raise ExportError(f"the proof of {part} ended early: out of memory?") from None
            if "error" in results[part]:
                raise ExportError(f"the proof of {part} failed: {results[part]['error']}")
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
