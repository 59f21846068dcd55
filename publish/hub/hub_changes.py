"""What publishing a version changes in a hub: compared with what is there, and written nowhere.

A hub has of a version `PUBLISHER/NAME/VERSION` the archive `….tar.gz` and its digest
`….tar.gz.sha256`, the unpacked copy `…/`, the page `….md` and, rendered, `….html`; where they were
published with it, `….tflite` with its page `….lite.md`, and `….onnx`; beside them an `index.html`
in every folder, and `index.json`, which says what is published.
"""

from __future__ import annotations

import dataclasses
import datetime
import functools
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from slimhub.common import files
from slimhub.common.errors import PublishError, option
from slimhub.common.files import FileDigest
from slimhub.export.record import SIGNATURE
from slimhub.publish import bundle
from slimhub.publish.converted_files import SUFFIXES
from slimhub.publish.handle import Handle
from slimhub.publish.hub import hub_entries, index, links, static_files
from slimhub.publish.hub.hub_entries import HubEntry
from slimhub.publish.hub.index import Index, Version
from slimhub.publish.hub.model_facts import ModelFacts
from slimhub.publish.hub.view import View
from slimhub.publish.package import Package
from slimhub.publish.pages import class_names, page, page_parts
from slimhub.publish.pages.publisher_texts import PublisherTexts


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
    entries: list[HubEntry]
    url: str
    markdown: str
    packed: FileDigest


def find(package: Package, hub: View, archive: Callable[[], bundle.Archive]) -> HubChanges:
    """Compares what is to be published with what is there.

    Args:
      package: of the version.
      hub: where it is to be.
      archive: makes the archive, which takes long; asked only if the hub does not have it whole.

    Raises:
      PublishError: where the version is there with other content, or other things are in the way.
    """
    handle = Handle.for_record(package.record, package.handle)
    known = index.read_file(hub.path(index.FILE)) or Index()
    old = known.get(handle)
    if old is not None and old.withdrawn is not None:
        raise PublishError(
            f"{handle} was withdrawn, and its number is never used again: publish it as "
            f"{option('handle', _following(known, handle))}"
        )
    url = package.url or known.url
    stated = PublisherTexts.of(old.texts) if old else PublisherTexts()
    texts = package.texts.over(stated) if package.texts else stated
    measured = package.measured or (old.measured if old else ())
    package = dataclasses.replace(package, texts=texts, measured=measured)
    markdown = _markdown(package, handle, url, old)
    if old is None:
        _check_free(hub.folder, handle)
        packed = archive().digest
        parts = list(hub_entries.of_new_version(package, handle, archive()))
    else:
        packed = old.archive
        if package.files != old.files:
            raise _other_content(package, handle, known, archive())
        again = functools.partial(_same_archive, package, handle, known, archive)
        parts = list(hub_entries.of_damage(package, handle, packed, hub, again))
    parts += hub_entries.of_formats(package, handle, hub)
    parts += hub_entries.of_evaluations(package, handle, hub)
    version = dataclasses.replace(
        _version(package, handle, markdown, packed, texts),
        also=_formats(package, handle, known),
        published=old.published if old else _today(),
    )
    after = dataclasses.replace(known, url=url).with_version(handle, version)
    markdown = links.linked(markdown, handle, after)
    written = static_files.texts(known.url, after, handle, markdown, hub)
    entries = [*parts, *hub_entries.of_texts(written, hub)]
    return HubChanges(handle, old is None, entries, url, markdown, packed)


def _same_archive(
    package: Package, handle: Handle, known: Index, archive: Callable[[], bundle.Archive]
) -> Path:
    """The archive of a published version, made anew; another zlib could make other bytes."""
    made = archive()
    if made.digest != known.models[handle.model][handle.version].archive:
        raise _other_content(package, handle, known, made)
    return made.path


def _other_content(
    package: Package, handle: Handle, known: Index, archive: bundle.Archive
) -> PublishError:
    """Says that a version is published with another archive."""
    old = known.models[handle.model][handle.version]
    is_alike = files.differing(package.files, old.files) == [SIGNATURE]
    only = "; only its signature differs" if is_alike else ""
    return PublishError(
        f"{handle} is published with other content (sha256 {old.archive.sha256[:12]}…, not "
        f"{archive.sha256[:12]}…{only}), and a version never changes: publish it as "
        f"{option('handle', _following(known, handle))}"
    )


def _formats(package: Package, handle: Handle, known: Index) -> dict[str, FileDigest]:
    """Files of other formats that the version has then: those that it has, and new ones."""
    old = known.get(handle)
    had = old.also if old else {}
    given = {suffix: files.digest_file(path) for suffix, path in (package.also or {}).items()}
    for suffix, digest in given.items():
        if had.get(suffix, digest) != digest:
            raise PublishError(
                f"{handle} is published with another {suffix} file (sha256 "
                f"{had[suffix].sha256[:12]}…, not {digest.sha256[:12]}…), and a version never "
                f"changes: publish it as {option('handle', _following(known, handle))}"
            )
    return dict(sorted((had | given).items()))


def _following(known: Index, handle: Handle) -> str:
    return f"{handle.model}/{max(known.models[handle.model]) + 1}"


def _check_free(hub: Path, handle: Handle) -> None:
    endings = ("", bundle.SUFFIX, bundle.DIGEST_SUFFIX, ".md", ".html", *SUFFIXES)
    for ending in (*endings, *hub_entries.EVALUATIONS):
        path = hub / f"{handle}{ending}"
        if os.path.lexists(path):
            raise PublishError(f"{path} is there, but not in the index of the hub: move it away")
    for parent in (hub / str(handle)).parents:
        if os.path.lexists(parent) and not parent.is_dir():
            raise PublishError(f"{parent} is not a folder, so nothing can be published in it")


def _markdown(package: Package, handle: Handle, url: str, old: Version | None) -> str:
    """The page; of a hub whose address is not known it names none as where the archive is.

    License and data that the page of this version has stay, unless others are given.
    """
    told = old.metadata if old else {}
    archive = f"{url}/{handle}{bundle.SUFFIX}"
    asset_path = page.LEGACY if url == index.LOCAL_URL else archive
    given = {"license": package.license, "dataset": package.dataset}
    options: dict[str, Any] = {
        "asset_path": asset_path,
        "load_url": archive,
        "texts": package.texts,
        "class_names": class_names.read(package.folder, package.record),
        "measured": package.measured,
    }
    options |= {key: told[key][0] for key in ("license",) if key in told}
    options |= {key: value for key, value in given.items() if value is not None}
    text = page.render(package.record, handle, **options)
    if "dataset" in told and "dataset" not in page_parts.split(text).metadata:
        text = page.render(package.record, handle, **options, dataset=told["dataset"][0])
    return text


def _version(
    package: Package, handle: Handle, markdown: str, packed: FileDigest, texts: PublisherTexts
) -> Version:
    head = page_parts.split(markdown)
    return Version(
        handle.version,
        head.description,
        head.metadata,
        package.record.network.name,
        package.record.task,
        packed,
        dict(sorted(package.files.items())),
        texts=texts.given(),
        measured=package.measured,
        facts=ModelFacts.of_record(package.record),
    )


def _today() -> str:
    return datetime.datetime.now(datetime.timezone.utc).date().isoformat()
