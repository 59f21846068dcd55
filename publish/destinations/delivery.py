"""Publishes an artifact to a destination; the steps are the same for all of them."""

from __future__ import annotations

import contextlib
import dataclasses
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from slimhub.common import files, quiet_tensorflow
from slimhub.common.errors import PublishError, RequestError, option
from slimhub.common.files import FileDigest
from slimhub.common.progress import ProgressListener
from slimhub.common.text import count
from slimhub.evaluate import evaluation_record
from slimhub.evaluate.evaluation_record import EvaluationRecord
from slimhub.export.record import Record
from slimhub.nets import NetworkOptions
from slimhub.publish import addresses, bundle, converted_files, signing
from slimhub.publish.destinations import targets
from slimhub.publish.destinations.destination import Destination, PublishPlan
from slimhub.publish.package import Package
from slimhub.publish.pages import measured_figures
from slimhub.publish.pages.publisher_texts import PublisherTexts


@dataclasses.dataclass(frozen=True)
class PublishOptions:
    """How to publish.

    Attributes:
      handle: see `Package`, also for the next ones.
      license: see `Package`.
      dataset: see `Package`.
      texts: see `Package`.
      overwrite_card: see `Package`.
      url: see `Package`.
      also: paths of files of other formats that `slimhub convert` made from the artifact, or None.
      sign: file of the private key to sign with, or None.
      network: `package.module:SPEC` if the artifact is of a custom network.
      trust: whether to load the artifact for its proof even if it has operations that slimhub does
        not write, as a custom network may have.
      require_evaluation: whether to refuse an artifact, and files of other formats, without figures
        of accuracy that were measured on them.
      dry_run: whether to stop before anything is sent.
    """

    handle: str | None = None
    license: str | None = None
    dataset: str | None = None
    texts: PublisherTexts | None = None
    overwrite_card: bool = False
    url: str | None = None
    also: tuple[str, ...] | None = None
    sign: str | None = None
    network: str | None = None
    trust: bool = False
    require_evaluation: bool = False
    dry_run: bool = False


def _names(kind: type[PublishOptions | Package]) -> set[str]:
    return {field.name for field in dataclasses.fields(kind)}


# Options that a package has: not every target uses them.
_TARGET_OPTIONS = sorted(_names(PublishOptions) & _names(Package))


@dataclasses.dataclass(frozen=True)
class PublishOutcome:
    """What was done, or would be.

    Attributes:
      target: as given.
      files: of the artifact, with its signature.
      plan: changes in order, empty if everything was there.
      is_published: whether it is there and was compared; False after a dry run.
    """

    target: str
    files: dict[str, FileDigest]
    plan: PublishPlan
    is_published: bool

    def to_json(self) -> dict[str, Any]:
        """The outcome as JSON data."""
        return dataclasses.asdict(self)


PHASES = ("comparing with what is there", "verifying the artifact", "sending", "comparing again")


def deliver(
    artifact: str | os.PathLike[str],
    target: str,
    options: PublishOptions,
    progress: ProgressListener,
) -> PublishOutcome:
    """Publishes an artifact, unless its proof fails or it is already there.

    Nothing is sent without a proof. What is already there needs none: comparing is faster, and a
    zoo publishes everything again.

    Args:
      artifact: folder written by `slimhub export`.
      target: see `targets.KNOWN`.
      options: how to publish.
      progress: receives `PHASES` and file transfers.

    Returns:
      What was done, or would be done in a dry run.

    Raises:
      RequestError: if the request is invalid, before any work.
      PublishError: if the artifact fails its proof, or the destination does not accept it.
    """
    destination = check_request(target, options)
    package = pack(artifact, options)
    missing = _missing_credentials(destination, options)
    destination.check(package)
    with contextlib.ExitStack() as resources:
        progress.phase(PHASES[0])
        if options.sign is not None:
            kept = None if missing else destination.signature(package)
            copy = signing.signed(package.folder, options.sign, kept)
            folder = resources.enter_context(copy)
            package = dataclasses.replace(package, folder=folder, files=_files(folder))
        plan = destination.plan(package, asks=not missing)
        if missing:
            unknown = "without that, this plan assumes that nothing has been published yet"
            note = f"{missing}; {unknown}"
            plan = dataclasses.replace(plan, notes=(*plan.notes, note))
        if plan.changes:
            progress.phase(PHASES[1])
            _prove(Path(artifact), package, options)
            plan = dataclasses.replace(
                plan, notes=(*plan.notes, *_prove_converted(Path(artifact), package, options))
            )
        if plan.changes and not options.dry_run:
            progress.phase(PHASES[2])
            _send(destination, package, plan, progress)
            progress.phase(PHASES[3])
            _confirm(destination, package, plan)
    return PublishOutcome(target, package.files, plan, not options.dry_run)


def pack(artifact: str | os.PathLike[str], options: PublishOptions) -> Package:
    """Reads what is to be published, without running it.

    Args:
      artifact: folder written by `slimhub export`.
      options: how to publish.

    Raises:
      RequestError: if a key, address or text is invalid.
      PublishError: if the artifact does not match its record.
    """
    folder = Path(artifact)
    if options.sign is not None:
        signing.check_key(options.sign)
    addresses.check(options.url)
    if options.texts is not None:
        options.texts.check()
    bundle.files_of(folder)
    record = Record.read(folder)
    record.check(folder)
    if options.sign is None:
        signing.check_digests(folder)
    also = converted_files.read(folder, options.also) if options.also else None
    evaluations = measured_figures.records(folder, also)
    if options.require_evaluation:
        _require_evaluations(folder, also, evaluations)
    return Package(
        folder=folder,
        record=record,
        files=_files(folder),
        handle=options.handle,
        license=options.license,
        dataset=options.dataset,
        texts=options.texts,
        overwrite_card=options.overwrite_card,
        url=options.url and options.url.rstrip("/"),
        measured=measured_figures.of_records(evaluations),
        evaluations=evaluations,
        also=also,
    )


def _require_evaluations(
    folder: Path, also: dict[str, Path] | None, found: Mapping[str, EvaluationRecord]
) -> None:
    """Refuses to publish what has no figures of its own.

    Raises:
      PublishError: names what has none.
    """
    for suffix, path in {"": folder, **(also or {})}.items():
        if suffix not in found:
            reason = (
                "was changed since it was evaluated"
                if evaluation_record.path_of(path).exists()
                else "has no evaluation record"
            )
            raise PublishError(
                f"{path} {reason}, and was not published ({option('require_evaluation')}): run "
                "`slimhub evaluate` on it"
            )


def _files(folder: Path) -> dict[str, FileDigest]:
    return {n: files.digest_file(folder / n) for n in bundle.files_of(folder)}


def check_request(target: str, options: PublishOptions) -> Destination:
    """Refuses an invalid target, and options that do not apply to it.

    Args:
      target: see `targets.KNOWN`.
      options: how to publish.

    Returns:
      The destination that the target names.

    Raises:
      RequestError: if the target is invalid, or an option does not apply to it.
    """
    destination = targets.parse(target)
    for name in _TARGET_OPTIONS:
        if getattr(options, name) not in (None, False) and name not in destination.options:
            raise RequestError(f"{option(name)} does not apply to {target}: leave it out")
    return destination


def _missing_credentials(destination: Destination, options: PublishOptions) -> str:
    """What is said about missing credentials, empty if there are some; a dry run needs none."""
    try:
        destination.check_credentials()
    except RequestError as error:
        if not options.dry_run:
            raise
        return str(error)
    return ""


def _prove(artifact: Path, package: Package, options: PublishOptions) -> None:
    """Refuses an artifact whose proof fails; the package may be a signed copy of it."""
    from slimhub.export.verify import subject, verify

    chosen = subject.choose(package.record, options.network, None, NetworkOptions())
    proof = verify(artifact, subject=chosen, trust=options.trust)
    if not proof.holds:
        first = proof.failed[0]
        raise PublishError(
            f"{artifact} fails its proof and was not published: {first.name}: "
            f"{first.detail or 'the numbers differ'}; run `slimhub verify` for details"
        )


def _prove_converted(artifact: Path, package: Package, options: PublishOptions) -> list[str]:
    """Refuses files of other formats that do not compute what the artifact does; says how well."""
    if not package.also:
        return []
    quiet_tensorflow.tensorflow()
    from slimhub.export.formats import existing_file
    from slimhub.export.formats.convertible import Convertible

    said, model = [], Convertible(artifact, trust=options.trust)
    for path in package.also.values():
        proof = existing_file.prove(model, path)
        if proof.complaints:
            raise PublishError(
                f"{path} does not agree with {artifact} and was not published: "
                f"{'; '.join(proof.complaints)}; convert the artifact again with `slimhub convert`"
            )
        said.append(f"{path.name} agrees with the artifact: {proof.usual.text()}")
    return said


def _send(
    destination: Destination, package: Package, plan: PublishPlan, progress: ProgressListener
) -> None:
    sizes = {change.name: change.file.bytes for change in plan.changes if change.file}
    sent: dict[str, int] = {}

    def transfer(name: str, done: int, total: int | None) -> None:
        sent[name] = done
        amount = f"{sum(sent.values()) / 1e6:.1f} of {sum(sizes.values()) / 1e6:.1f} MB in all"
        progress.transfer(f"{amount}; {name}", done, total)

    try:
        destination.send(package, plan, transfer)
    except KeyboardInterrupt as interrupt:
        if interrupt.args:  # the destination knows better
            raise
        whole = sum(sent.get(name, -1) >= size for name, size in sizes.items())
        said = f"{whole} of {count(len(sizes), 'file')} sent: publish again to resume"
        raise KeyboardInterrupt(said) from None


def _confirm(destination: Destination, package: Package, plan: PublishPlan) -> None:
    try:
        destination.confirm(package, plan)
    except KeyboardInterrupt:
        said = "it was published, but not compared: publish again to compare"
        raise KeyboardInterrupt(said) from None
