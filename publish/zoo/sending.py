"""Publishing one export of a zoo: the one place that knows which targets there are."""

from __future__ import annotations

from pathlib import Path

from export import record
from export.errors import RequestError
from publish import extras, index, page, publishing
from publish.handle import Handle
from publish.zoo.work import Publication

_HUB = "hub:"


def absolute(target: str, base: Path) -> str:
    """A target with the path of a folder made absolute.

    Args:
      target: as a manifest has it.
      base: what relative paths begin at.

    Raises:
      RequestError: for a target of a kind that is not known.
    """
    if not target.startswith(_HUB) or target == _HUB:
        raise RequestError(f"the target {target!r} in 'publish' is not hub:FOLDER")
    return f"{_HUB}{base / Path(target.removeprefix(_HUB)).expanduser()}"


def check(publication: Publication, task: str) -> None:
    """Refuses what publishing would refuse once the export is done.

    Args:
      publication: with an absolute target.
      task: of the artifact.

    Raises:
      RequestError: for a missing extra, a handle, an address or an id of the page's.
    """
    extras.need("jinja2", "markdown_it", "pygments", "filelock")
    page.check_task(Handle.parse(publication.handle), task)
    page.check_ids(**({"license": None, "dataset": None} | publication.page_options))
    publishing.check_url(publication.url)


def send(publication: Publication, artifact: Path) -> str:
    """Publishes an artifact, unless it is there already.

    Args:
      publication: what `check` has seen.
      artifact: folder that an export has written.

    Returns:
      `new`, `page` (the version was there, its page is another now) or `none`.

    Raises:
      RequestError, PublishError: where it cannot be published.
    """
    hub = Path(publication.target.removeprefix(_HUB))
    if _is_there(publication, artifact, hub):
        return "none"
    item = publishing.choose(
        artifact, publication.handle, publication.url, **publication.page_options
    )
    return publishing.publish(item, hub).change


def _is_there(publication: Publication, artifact: Path, hub: Path) -> bool:
    """Whether the hub has these very files, by its index: packing them again would tell no more."""
    known = index.read(hub)
    version = known and known.get(Handle.parse(publication.handle))
    if not version or (publication.url and publication.url.rstrip("/") != known.url):
        return False
    files = record.describe_files(artifact)
    files[record.PATH] = record.describe_file(artifact / record.PATH)
    return files == version.files
