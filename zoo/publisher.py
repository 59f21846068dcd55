"""Publishing one export of a zoo."""

from __future__ import annotations

import os
from pathlib import Path

from slimhub.common.errors import RequestError
from slimhub.common.progress import ProgressListener, Silence
from slimhub.publish import addresses
from slimhub.publish.destinations import delivery, targets
from slimhub.publish.destinations.hub_destination import SCHEME, HubDestination
from slimhub.publish.handle import Handle
from slimhub.publish.pages import page
from slimhub.zoo.jobs import Publication


def hub(target: str) -> Path | None:
    """The folder of a hub, in which each export needs a handle; None of another target."""
    destination = targets.parse(target)
    if not isinstance(destination, HubDestination):
        return None
    return Path(os.path.realpath(destination.hub))


def absolute(target: str, base: Path) -> str:
    """A target with the path of a folder made absolute.

    Args:
      target: as a manifest has it.
      base: what relative paths begin at.

    Raises:
      RequestError: for a target of a kind that is not known.
    """
    if "://" in target:
        targets.parse(target)
        return target
    if not target.startswith(SCHEME) or target == SCHEME:
        raise RequestError(f"the target {target!r} in 'publish' is not hub:FOLDER, nor a URL")
    return f"{SCHEME}{base / Path(target.removeprefix(SCHEME)).expanduser()}"


def check(publication: Publication, task: str) -> None:
    """Refuses what publishing would refuse once the export is done.

    Args:
      publication: with an absolute target.
      task: of the artifact.

    Raises:
      RequestError: for a missing extra, a handle, an address or an id of the page's.
    """
    if publication.handle is not None:
        page.check_task(Handle.parse(publication.handle), task)
    addresses.check(publication.url)
    options = _options(publication)
    destination = delivery.check_request(publication.target, options)
    destination.check_ids(options.license, options.dataset)


def send(publication: Publication, artifact: Path, progress: ProgressListener | None = None) -> str:
    """Publishes an artifact, unless it is there already.

    Args:
      publication: what `check` has seen.
      artifact: folder that an export has written.
      progress: hears of the phases; what it raises ends the work before the next one.

    Returns:
      What became of the version, see `destination.VersionChange`.

    Raises:
      RequestError, PublishError: where it cannot be published.
    """
    options = _options(publication)
    return delivery.deliver(
        artifact, publication.target, options, progress or Silence()
    ).plan.result


def _options(publication: Publication) -> delivery.PublishOptions:
    return delivery.PublishOptions(
        handle=publication.handle,
        url=publication.url,
        license=publication.page_options.get("license"),
        dataset=publication.page_options.get("dataset"),
    )
