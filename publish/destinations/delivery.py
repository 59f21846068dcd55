"""The way of an artifact to a destination, the same for all."""

from __future__ import annotations

import contextlib
import dataclasses
import os
from pathlib import Path
from typing import Any

from slimhub.common import files
from slimhub.common.errors import PublishError, RequestError, option
from slimhub.common.files import FileDigest
from slimhub.common.progress import ProgressListener
from slimhub.export.record import Record
from slimhub.nets import NetworkOptions
from slimhub.publish import addresses, bundle, signing
from slimhub.publish.destinations import targets
from slimhub.publish.destinations.destination import Destination, PublishPlan
from slimhub.publish.package import Package


@dataclasses.dataclass(frozen=True)
class PublishOptions:
    """How to publish.

    Attributes:
      handle: see `Package`, as the next ones.
      license: see `Package`.
      dataset: see `Package`.
      overwrite_card: see `Package`.
      url: see `Package`.
      sign: file of the private key to sign with, or None.
      network: `package.module:SPEC` of an artifact that is of a network of the user's own.
      dry_run: whether to stop before anything is sent.
    """

    handle: str | None = None
    license: str | None = None
    dataset: str | None = None
    overwrite_card: bool = False
    url: str | None = None
    sign: str | None = None
    network: str | None = None
    dry_run: bool = False


def _names(kind: type[PublishOptions | Package]) -> set[str]:
    return {field.name for field in dataclasses.fields(kind)}


# What a package has of the options: not every target heeds them.
_OF_SOME_TARGETS = sorted(_names(PublishOptions) & _names(Package))


@dataclasses.dataclass(frozen=True)
class PublishOutcome:
    """What was done, or would be.

    Attributes:
      target: as it was given.
      files: of the artifact, with its signature.
      plan: changes in order, none where everything was there.
      is_published: whether it is there, compared; False after a dry run.
    """

    target: str
    files: dict[str, FileDigest]
    plan: PublishPlan
    is_published: bool

    def to_json(self) -> dict[str, Any]:
        """The outcome as JSON."""
        return dataclasses.asdict(self)


PHASES = ("comparing with what is there", "verifying the artifact", "sending", "comparing again")


def deliver(
    artifact: str | os.PathLike[str],
    target: str,
    options: PublishOptions,
    progress: ProgressListener,
) -> PublishOutcome:
    """Publishes an artifact, unless its proof fails, or it is there already.

    Nothing is sent that was not proved. What is there already needs no proof: comparing is quicker,
    and a zoo publishes everything again.

    Args:
      artifact: folder that `slimhub export` wrote.
      target: see `targets.KNOWN`.
      options: how.
      progress: hears of `PHASES` and files.

    Returns:
      What was done; of a dry run, what would be.

    Raises:
      RequestError: for what cannot be asked for, before any work.
      PublishError: where the artifact fails its proof, or the destination does not take it.
    """
    destination = check_request(target, options)
    package = pack(artifact, options)
    destination.check(package)
    with contextlib.ExitStack() as resources:
        progress.phase(PHASES[0])
        if options.sign is not None:
            kept = destination.signature(package)
            copy = signing.signed(package.folder, options.sign, kept)
            folder = resources.enter_context(copy)
            package = dataclasses.replace(package, folder=folder, files=_files(folder))
        plan = destination.plan(package)
        if plan.changes:
            progress.phase(PHASES[1])
            _prove(Path(artifact), package, options)
        if plan.changes and not options.dry_run:
            progress.phase(PHASES[2])
            _send(destination, package, plan, progress)
            progress.phase(PHASES[3])
            _confirm(destination, package, plan)
    return PublishOutcome(target, package.files, plan, not options.dry_run)


def pack(artifact: str | os.PathLike[str], options: PublishOptions) -> Package:
    """Looks at what is to be published, without running it.

    Args:
      artifact: folder that `slimhub export` wrote.
      options: how to publish.

    Raises:
      RequestError: for a key or address that cannot be.
      PublishError: where the artifact is not what its record says.
    """
    folder = Path(artifact)
    if options.sign is not None:
        signing.check_key(options.sign)
    addresses.check(options.url)
    bundle.files_of(folder)
    record = Record.read(folder)
    record.check(folder)
    if options.sign is None:
        signing.check_digests(folder)
    return Package(
        folder=folder,
        record=record,
        files=_files(folder),
        handle=options.handle,
        license=options.license,
        dataset=options.dataset,
        overwrite_card=options.overwrite_card,
        url=options.url and options.url.rstrip("/"),
    )


def _files(folder: Path) -> dict[str, FileDigest]:
    return {n: files.digest_file(folder / n) for n in bundle.files_of(folder)}


def check_request(target: str, options: PublishOptions) -> Destination:
    """Refuses a target, and options that it has no use for.

    Args:
      target: see `targets.KNOWN`.
      options: how to publish.

    Returns:
      Where the target says to publish.

    Raises:
      RequestError: for a target that cannot be, and an option that it has no use for.
    """
    destination = targets.parse(target)
    for name in _OF_SOME_TARGETS:
        if getattr(options, name) not in (None, False) and name not in destination.options:
            raise RequestError(f"{option(name)} has no meaning for {target}: leave it out")
    return destination


def _prove(artifact: Path, package: Package, options: PublishOptions) -> None:
    """Refuses an artifact whose proof fails, of which the package may be a signed copy."""
    from slimhub.export.verify import subject, verify

    chosen = subject.choose(package.record, options.network, None, NetworkOptions())
    proof = verify(artifact, subject=chosen)
    if not proof.holds:
        first = proof.failed[0]
        raise PublishError(
            f"{artifact} fails its proof, so it is not published: {first.name}: "
            f"{first.detail or 'the numbers differ'}; `slimhub verify` tells all"
        )


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
        said = f"{whole} of {len(sizes)} files were sent: publish again to go on"
        raise KeyboardInterrupt(said) from None


def _confirm(destination: Destination, package: Package, plan: PublishPlan) -> None:
    try:
        destination.confirm(package, plan)
    except KeyboardInterrupt:
        said = "it was published, but not compared: publish again to compare"
        raise KeyboardInterrupt(said) from None
