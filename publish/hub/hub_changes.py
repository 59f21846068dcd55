"""What publishing a version changes in a hub: compared with what is there, and written nowhere.

A hub has of a version `PUBLISHER/NAME/VERSION` the archive `….tar.gz` and its digest
`….tar.gz.sha256`, the unpacked copy `…/`, the page `….md` and, rendered, `….html`; beside them
an `index.html` in every folder, and `index.json`, which says what is published.
"""

from __future__ import annotations

import dataclasses
import functools
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from slimhub.common.errors import PublishError
from slimhub.export import record
from slimhub.publish import bundle
from slimhub.publish.handle import Handle
from slimhub.publish.hub import hub_entries, index, static_files
from slimhub.publish.hub.hub_entries import Entry
from slimhub.publish.hub.index import Index, Version
from slimhub.publish.hub.view import View
from slimhub.publish.package import File, Package
from slimhub.publish.pages import page, page_parts


@dataclasses.dataclass(frozen=True)
class HubChanges:
    """What is to be written, and what is known of the version.

    Attributes:
      handle: of the version.
      is_new: whether the hub does not have the version yet.
      entries: in the order in which they are to appear.
      url: address of the hub, then.
      markdown: the page.
      packed: size and digest of the archive.
    """

    handle: Handle
    is_new: bool
    entries: list[Entry]
    url: str
    markdown: str
    packed: File


def find(package: Package, hub: View, archive: Callable[[], bundle.Archive]) -> HubChanges:
    """Compares what is to be published with what is there.

    Args:
      package: of the version.
      hub: where it is to be.
      archive: makes the archive, which takes long; asked only if the hub does not have it whole.

    Raises:
      PublishError: where the version is there with other content, or other things are in the way.
    """
    handle = Handle.for_record(package.content, package.handle)
    known = index.read_file(hub.path(index.FILE)) or Index()
    old = known.get(handle)
    url = package.url or known.url
    markdown = _markdown(package, handle, url, old)
    if old is None:
        _check_free(hub.folder, handle)
        packed = _file(archive())
        files = list(hub_entries.of_new_version(package, handle, archive()))
    else:
        packed = File(**old.archive)
        if _files(package) != old.files:
            raise _other_content(package, handle, known, archive())
        again = functools.partial(_same_archive, package, handle, known, archive)
        files = list(hub_entries.of_damage(package, handle, packed, hub, again))
    version = _version(package, handle, markdown, packed)
    after = dataclasses.replace(known, url=url).with_version(handle, version)
    texts = static_files.texts(known.url, after, handle, markdown, hub)
    entries = [*files, *hub_entries.of_texts(texts, hub)]
    return HubChanges(handle, old is None, entries, url, markdown, packed)


def _file(archive: bundle.Archive) -> File:
    return File(archive.bytes, archive.sha256)


def _same_archive(
    package: Package, handle: Handle, known: Index, archive: Callable[[], bundle.Archive]
) -> Path:
    """The archive of a published version, made anew; another zlib could make other bytes."""
    made = archive()
    if _file(made) != File(**known.models[handle.model][handle.version].archive):
        raise _other_content(package, handle, known, made)
    return made.path


def _other_content(
    package: Package, handle: Handle, known: Index, archive: bundle.Archive
) -> PublishError:
    """Says that a version is published with another archive."""
    old, files = known.models[handle.model][handle.version], _files(package)
    signature = {record.SIGNATURE: None}
    is_alike = files != old.files and files | signature == old.files | signature
    only = "; only its signature differs" if is_alike else ""
    return PublishError(
        f"{handle} is published with other content (sha256 {old.archive['sha256'][:12]}…, not "
        f"{archive.sha256[:12]}…{only}), and a version never changes: publish it as "
        f"--handle={handle.model}/{max(known.models[handle.model]) + 1}"
    )


def _check_free(hub: Path, handle: Handle) -> None:
    for ending in ("", bundle.SUFFIX, bundle.DIGEST_SUFFIX, ".md", ".html"):
        path = hub / f"{handle}{ending}"
        if os.path.lexists(path):
            raise PublishError(f"{path} is there, but not in the index of the hub: move it away")
    for parent in (hub / str(handle)).parents:
        if os.path.lexists(parent) and not parent.is_dir():
            raise PublishError(f"{parent} is no folder, so nothing can be published in it")


def _markdown(package: Package, handle: Handle, url: str, old: Version | None) -> str:
    """The page; of a hub whose address is not known it names none as where the archive is.

    Licence and data that the page of this version has stay, unless others are given.
    """
    told = old.metadata if old else {}
    archive = f"{url}/{handle}{bundle.SUFFIX}"
    asset_path = page.LEGACY if url == index.LOCAL_URL else archive
    given = {"license": package.license, "dataset": package.dataset}
    options: dict[str, Any] = {"asset_path": asset_path, "load_url": archive}
    options |= {key: told[key][0] for key in ("license",) if key in told}
    options |= {key: value for key, value in given.items() if value is not None}
    text = page.render(package.content, handle, **options)
    if "dataset" in told and "dataset" not in page_parts.split(text).metadata:
        text = page.render(package.content, handle, **options, dataset=told["dataset"][0])
    return text


def _version(package: Package, handle: Handle, markdown: str, packed: File) -> Version:
    head = page_parts.split(markdown)
    return Version(
        handle.version,
        head.description,
        head.metadata,
        package.content["network"]["name"],
        package.content["task"],
        {"sha256": packed.sha256, "bytes": packed.bytes},
        _files(package),
    )


def _files(package: Package) -> dict[str, Any]:
    """All files of an artifact, with the record and the signature, as the index tells them."""
    return {name: dataclasses.asdict(file) for name, file in sorted(package.files.items())}
