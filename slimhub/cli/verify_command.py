"""`slimhub verify`: proof, again, at any time."""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import json
import sys
from typing import TYPE_CHECKING

from slimhub.cli import checkpoint_flags, flag_text, network_flags

if TYPE_CHECKING:
    from slimhub.export.verify import Check, Proof, Subject


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds this command's arguments."""
    from slimhub.nets import TASKS

    parser.add_argument("artifact", metavar="ARTIFACT", help="folder of a SavedModel")
    checkpoint_flags.add(parser, "--checkpoint", required=False)
    checkpoint_flags.add_averages(parser, default=None)
    checkpoint_flags.add_scope(parser, " (default: what the artifact's record says)")
    checkpoint_flags.add_ignore_leftover(parser, " (default: what the artifact's record says)")
    flag_text.add_format(parser)
    parser.add_argument(
        "--report", metavar="FOLDER", help="write the proof as FOLDER/report.html, with plots"
    )
    parser.add_argument(
        "--network",
        metavar="NAME",
        help="the network, if the artifact does not say which one it is",
    )
    parser.add_argument(
        "--public_key",
        metavar="FILE",
        help="PEM file of the public key to check the signature with",
    )
    flag_text.add_trust(parser)
    parser.add_argument("--task", choices=TASKS, default=None, help="the task, with --network")
    network_flags.add(parser)


def execute(arguments: argparse.Namespace) -> int:
    """Verifies, and prints every check; exit code 1 where one failed."""
    from slimhub.cli.progress_display import ProgressDisplay
    from slimhub.export.verify import PHASES, Check, Proof, report, verify
    from slimhub.publish import signing

    if arguments.report is not None:
        report.check_folder(arguments.report, arguments.artifact)
    signature = signing.check(arguments.artifact, arguments.public_key)
    if signature is not None and signature.outcome == "failed" and not arguments.trust:
        rest = Check("contract", "everything else", "not run", "the signature does not hold")
        return _finish(Proof("contract", (signature, rest)), arguments)
    with ProgressDisplay(len(PHASES)) as progress:
        proof = verify(
            arguments.artifact,
            arguments.checkpoint,
            checkpoint_name=arguments.checkpoint_name,
            sha256=arguments.sha256,
            averages=arguments.averages,
            ignore_leftover=arguments.ignore_leftover,
            scope=arguments.scope,
            subject=_subject(arguments),
            wants_layers=arguments.report is not None,
            trust=arguments.trust,
            on_phase=progress.phase,
            on_transfer=progress.transfer,
        )
    checks = proof.checks if signature is None else (signature, *proof.checks)
    proof = dataclasses.replace(
        proof, checks=tuple(_in_flags(check, arguments) for check in checks)
    )
    return _finish(proof, arguments)


def _finish(proof: Proof, arguments: argparse.Namespace) -> int:
    """Prints a proof, and writes the report that was asked for."""
    from slimhub.export.verify import report

    if arguments.format == "json":
        print(json.dumps(proof.to_json(), indent=2))
    else:
        print("\n".join(_lines(proof)))
    if arguments.report is not None:
        written = report.write(arguments.report, arguments.artifact, proof)
        print(
            f"report      {written}", file=sys.stderr if arguments.format == "json" else sys.stdout
        )
    return 0 if proof.holds else 1


def _subject(arguments: argparse.Namespace) -> Subject | None:
    """The network that the flags name, None where they name none."""
    from slimhub.common.errors import RecordError
    from slimhub.export.record import Record
    from slimhub.export.verify import subject

    record = None
    with contextlib.suppress(RecordError):  # the examination says what is wrong with it
        record = Record.read(arguments.artifact)
    options = network_flags.chosen(arguments)
    return subject.choose(record, arguments.network, arguments.task, options)


def _in_flags(check: Check, arguments: argparse.Namespace) -> Check:
    detail = flag_text.in_flags(check.detail, arguments)
    return dataclasses.replace(check, detail=detail)


def _lines(proof: Proof) -> list[str]:
    verdict = "holds" if proof.holds else "FAILS"
    compared = [f"compared with {proof.source}"] if proof.source else []
    return [
        *(check.line() for check in proof.checks),
        *compared,
        f"the proof {verdict}: {proof.summary()}",
    ]
