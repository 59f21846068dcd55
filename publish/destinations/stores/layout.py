"""The files of one version in a static hub: their names, and where they are locally."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

from slimhub.common import files
from slimhub.common.files import FileDigest
from slimhub.publish import bundle
from slimhub.publish.destinations.stores.store import Store
from slimhub.publish.handle import Handle
from slimhub.publish.package import Package
from slimhub.publish.pages import class_names, page, statements

_KINDS = {
    bundle.SUFFIX: "application/gzip",
    bundle.DIGEST_SUFFIX: "text/plain; charset=utf-8",
    ".md": "text/markdown; charset=utf-8",
}
_ENTRY_FILE = "saved_model.pb"  # loaders open this first, and need it


@dataclasses.dataclass(frozen=True)
class Item:
    """One file.

    Attributes:
      name: path below the target.
      source: local path.
      file: size and digest.
      kind: media type.
    """

    name: str
    source: Path
    file: FileDigest
    kind: str


@dataclasses.dataclass(frozen=True)
class Addresses:
    """Where a version is read.

    Attributes:
      page: URL of its page, or the path.
      archive: URL, or None.
      load: Python code that loads it.
      load_url: what the examples on its page load.
    """

    page: str
    archive: str | None
    load: str
    load_url: str


def addresses(package: Package, store: Store, handle: Handle) -> Addresses:
    """Where a version will be read.

    Args:
      package: may name an address other than the store's.
      store: with the prefix.
      handle: of the version.
    """
    base = package.url or store.address()
    if base is None:
        folder = f"{store.root}/{handle}"
        return Addresses(f"{folder}.md", None, store.load(str(handle), folder), folder)
    archive = f"{base}/{handle}{bundle.SUFFIX}"
    load = f'hub.KerasLayer("{archive}")' if package.url else store.load(str(handle), archive)
    return Addresses(f"{base}/{handle}.md", archive, load, archive)


def page_of(package: Package, handle: Handle, places: Addresses) -> str:
    """The page of a version, with what is to be kept of its package.

    Args:
      package: of the version.
      handle: of the version.
      places: where it will be read.

    Raises:
      RequestError: if a page cannot have the license, dataset or handle.
    """
    archive = places.archive
    takes = archive is not None and re.fullmatch(r"https?://[^\s<>?#]+", archive)
    text = page.render(
        package.record,
        handle,
        asset_path=archive if archive is not None and takes else page.LEGACY,
        load_url=places.load_url,
        license=package.license,
        dataset=package.dataset,
        texts=package.texts,
        class_names=class_names.read(package.folder, package.record),
        measured=package.measured,
    )
    return statements.with_note(text, package, str(handle.version))


def lay_out(package: Package, handle: Handle, markdown: str, stage: Path) -> list[Item]:
    """The files of a version, in the order in which they should appear.

    In the unpacked copy, `saved_model.pb` comes last: no loader accepts a folder without it. When
    the archive is there, everything else is, except the page that links to it.

    Args:
      package: of the version.
      handle: of the version.
      markdown: its page.
      stage: folder for generated files.
    """
    copied = sorted(package.files, key=lambda name: (name == _ENTRY_FILE, name))
    items = [
        Item(
            f"{handle}/{name}",
            package.folder / name,
            package.files[name],
            "application/octet-stream",
        )
        for name in copied
    ]
    archive = bundle.write(package.folder, stage / "archive")
    digest = bundle.digest_line(archive.sha256, f"{handle.version}{bundle.SUFFIX}")
    (stage / "digest").write_text(digest, "utf-8")
    (stage / "page").write_text(markdown, "utf-8")
    made = {bundle.DIGEST_SUFFIX: "digest", bundle.SUFFIX: "archive", ".md": "page"}
    for ending, name in made.items():
        path = stage / name
        items.append(Item(f"{handle}{ending}", path, files.digest_file(path), _KINDS[ending]))
    return items
