"""Publishing one export of a zoo: the one place that knows which targets there are."""

from __future__ import annotations

import os
from pathlib import Path

from slimhub.common import extras, files
from slimhub.common.errors import RequestError
from slimhub.publish import addresses, bundle
from slimhub.publish.destinations import delivery, targets
from slimhub.publish.handle import Handle
from slimhub.publish.hub import hub_folder, index
from slimhub.publish.pages import page
from slimhub.zoo.jobs import Publication

_HUB = "hub:"


class _Unheard:
    """Takes what a destination tells while it works: a zoo tells of exports, not of files."""

    def phase(self, name: str) -> None:
        """Says nothing."""

    def transfer(self, what: str, done: int, total: int | None) -> None:
        """Says nothing."""


def is_hub(target: str) -> bool:
    """Whether a target is a hub in a folder, which needs handles."""
    return target.startswith(_HUB)


def folder(target: str) -> Path | None:
    """The folder of a hub, None of another target."""
    return Path(os.path.realpath(target.removeprefix(_HUB))) if is_hub(target) else None


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
    if not is_hub(target) or target == _HUB:
        raise RequestError(f"the target {target!r} in 'publish' is not hub:FOLDER, nor a URL")
    return f"{_HUB}{base / Path(target.removeprefix(_HUB)).expanduser()}"


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
    if not is_hub(publication.target):
        destination = targets.parse(publication.target)
        delivery.check_options(destination, publication.target, _options(publication))
        return
    extras.need("jinja2", "markdown_it", "pygments", "filelock")
    page.check_ids(**({"license": None, "dataset": None} | publication.page_options))
    addresses.check(publication.url)


def send(publication: Publication, artifact: Path) -> str:
    """Publishes an artifact, unless it is there already.

    Args:
      publication: what `check` has seen.
      artifact: folder that an export has written.

    Returns:
      `new`, `page` (the version was there, its page is another now) or `none`; of a hub also
      `repaired`, see `publishing.Outcome`.

    Raises:
      RequestError, PublishError: where it cannot be published.
    """
    if not is_hub(publication.target):
        options = _options(publication)
        outcome = delivery.deliver(artifact, publication.target, options, _Unheard())
        return "new" if outcome.plan.changes else "none"
    hub = Path(publication.target.removeprefix(_HUB))
    if _is_there(publication, artifact, hub):
        return "none"
    item = hub_folder.choose(
        artifact, publication.handle, publication.url, **publication.page_options
    )
    return hub_folder.publish(item, hub).change


def _options(publication: Publication) -> delivery.PublishOptions:
    return delivery.PublishOptions(
        handle=publication.handle, url=publication.url, **publication.page_options
    )


def _is_there(publication: Publication, artifact: Path, hub: Path) -> bool:
    """Whether the hub has these very files, and a page as it is asked for."""
    known = index.read(hub)
    version = known and known.get(Handle.parse(publication.handle))
    if not version or (publication.url and publication.url.rstrip("/") != known.url):
        return False
    told = {key: (version.metadata.get(key) or [None])[0] for key in publication.page_options}
    if told != publication.page_options or not _is_whole(hub, publication.handle, version):
        return False
    return files.digest_folder(artifact) == version.files


def _is_whole(hub: Path, handle: str, version: index.Version) -> bool:
    """Whether all files of a version are there, in their size."""
    beside = [hub / f"{handle}{ending}" for ending in (bundle.DIGEST_SUFFIX, ".md", ".html")]
    sizes = {hub / handle / name: file.bytes for name, file in version.files.items()}
    sizes[hub / f"{handle}{bundle.SUFFIX}"] = version.archive.bytes
    try:
        return all(path.is_file() for path in beside) and all(
            path.stat().st_size == size for path, size in sizes.items()
        )
    except OSError:
        return False
