"""Publishes one export of a zoo."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Sequence
from pathlib import Path

from slimhub.common import paths
from slimhub.common.errors import RequestError, option
from slimhub.common.progress import ProgressListener, Silence
from slimhub.export.formats import file_formats
from slimhub.publish import addresses
from slimhub.publish.destinations import delivery, targets
from slimhub.publish.destinations.hub_destination import SCHEME, HubDestination
from slimhub.publish.destinations.kaggle.kaggle_models import Kaggle
from slimhub.publish.handle import Handle
from slimhub.publish.hub import index
from slimhub.publish.pages import page
from slimhub.zoo.jobs import Publication

_BESIDE = (SCHEME, "hf://")  # targets that keep files of other formats beside an artifact


def hub(target: str) -> Path | None:
    """The folder of a hub, in which each export needs a handle; None for other targets."""
    destination = targets.parse(target)
    if not isinstance(destination, HubDestination):
        return None
    return Path(os.path.realpath(destination.hub))


def absolute(target: str, base: Path) -> str:
    """Makes the path of a target's folder absolute.

    Args:
      target: from a manifest.
      base: base of relative paths.

    Raises:
      RequestError: if the kind of target is unknown.
    """
    if "://" in target:
        targets.parse(target)
        return target
    if not target.startswith(SCHEME) or target == SCHEME:
        raise RequestError(f"the target {target!r} in 'publish' is neither hub:FOLDER nor a URL")
    return f"{SCHEME}{base / paths.expanded(target.removeprefix(SCHEME))}"


def check(
    publication: Publication, task: str, network: str | None = None, also: Sequence[str] = ()
) -> None:
    """Refuses early what publishing would refuse once the export is done.

    Args:
      publication: with an absolute target.
      task: of the artifact.
      network: its name, or None if it is not known yet.
      also: files of other formats that are written with it.

    Raises:
      RequestError: if an extra is missing, a handle, address or page id is invalid, or the target
        is for a file of another format that is not among `also`.
    """
    if publication.handle is not None:
        page.check_handle(Handle.parse(publication.handle), task, network)
    addresses.check(publication.url)
    options = _options(publication)
    destination = delivery.check_request(publication.target, options)
    destination.check_ids(options.license, options.dataset)
    wanted = _only_format(publication.target)
    if wanted is not None and not _of_target(publication.target, also):
        raise RequestError(
            f"the target {publication.target} in 'publish' takes a {wanted} file: name one in "
            "'also'"
        )


def check_renewal(publication: Publication | None) -> None:
    """Refuses a renewed artifact for a version that a hub has: its record names another release.

    Args:
      publication: of the artifact, or None.

    Raises:
      RequestError: names the version.
    """
    if publication is None or publication.handle is None:
        return
    folder = hub(publication.target)
    published = None if folder is None else index.read(folder)
    handle = Handle.parse(publication.handle)
    if published is not None and handle.version in published.models.get(handle.model, {}):
        raise RequestError(
            f"{handle} is published, and a version never changes: to {option('renew')} it, name "
            "another version in 'handle'"
        )


def send(
    publication: Publication,
    artifact: Path,
    progress: ProgressListener | None = None,
    also: Sequence[str] = (),
) -> str:
    """Publishes an artifact, unless it is already there.

    Args:
      publication: one that `check` has accepted.
      artifact: folder written by an export.
      progress: receives the phases; an exception that it raises ends the work before the next one.
      also: files of other formats that were made from it. Of each format the first one is
        published, where the target keeps them beside the artifact; a target that takes only one
        format gets the first one of that.

    Returns:
      What happened to the version, see `destination.VersionChange`.

    Raises:
      RequestError, PublishError: if it cannot be published.
    """
    options = dataclasses.replace(
        _options(publication), also=_of_target(publication.target, also) or None
    )
    return delivery.deliver(
        artifact, publication.target, options, progress or Silence()
    ).plan.result


def _of_target(target: str, also: Sequence[str]) -> tuple[str, ...]:
    """The files that a target takes: the first one of each of its formats."""
    first = {file_formats.of_path(path).suffix: path for path in reversed(also)}
    wanted = _only_format(target)
    if wanted is not None:
        return (first[wanted],) if wanted in first else ()
    return tuple(first.values()) if target.startswith(_BESIDE) else ()


def _only_format(target: str) -> str | None:
    """The suffix of the one file that a target takes; None if it takes an artifact."""
    destination = targets.parse(target)
    return destination.address.suffix if isinstance(destination, Kaggle) else None


def _options(publication: Publication) -> delivery.PublishOptions:
    return delivery.PublishOptions(
        handle=publication.handle,
        url=publication.url,
        license=publication.page_options.get("license"),
        dataset=publication.page_options.get("dataset"),
        texts=publication.texts,
    )
