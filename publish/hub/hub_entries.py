"""The files that a hub gets, and whether it has them already."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from slimhub.common import files, foreign_files
from slimhub.common.files import FileDigest
from slimhub.evaluate import evaluation_record
from slimhub.publish import bundle
from slimhub.publish.converted_files import SUFFIXES
from slimhub.publish.handle import Handle
from slimhub.publish.hub.view import View
from slimhub.publish.package import Package

# Endings of evaluation records, of an artifact and of files of other formats.
EVALUATIONS = tuple(f"{suffix}{evaluation_record.SUFFIX}" for suffix in ("", *SUFFIXES))
WRITE, RESTORE, REPLACE = "write", "restore", "replace"  # actions


@dataclasses.dataclass(frozen=True)
class HubEntry:
    """A file that a hub is to get.

    Attributes:
      name: its path in the hub.
      action: `write`, `replace`, or `restore` where a file of a published version is damaged.
      content: the text, or the file that it is a copy of.
      described: size and digest of that file, as the artifact's or archive's were found.
    """

    name: str
    action: str
    content: str | Path
    described: FileDigest | None = None

    def file(self) -> FileDigest:
        """Its size and digest."""
        if self.described is not None:
            return self.described
        assert isinstance(self.content, str)
        return files.digest_text(self.content)


def of_new_version(package: Package, handle: Handle, archive: bundle.Archive) -> Iterator[HubEntry]:
    """All files of a version but its page.

    Args:
      package: of the version.
      handle: of the version.
      archive: of the artifact.
    """
    yield HubEntry(f"{handle}{bundle.SUFFIX}", WRITE, archive.path, archive.digest)
    yield HubEntry(f"{handle}{bundle.DIGEST_SUFFIX}", WRITE, _digest_line(handle, archive.sha256))
    for name, described in package.files.items():
        yield HubEntry(f"{handle}/{name}", WRITE, package.folder / name, described)


def of_formats(package: Package, handle: Handle, hub: View) -> Iterator[HubEntry]:
    """Files of other formats that the hub does not have as they are to be.

    Args:
      package: of the version.
      handle: of the version.
      hub: where they are to be.
    """
    for suffix, path in (package.also or {}).items():
        name, described = f"{handle}{suffix}", files.digest_file(path)
        if not _is_file(hub.path(name), described):
            action = RESTORE if os.path.lexists(hub.path(name)) else WRITE
            yield HubEntry(name, action, path, described)


def of_damage(
    package: Package, handle: Handle, packed: FileDigest, hub: View, archive: Callable[[], Path]
) -> Iterator[HubEntry]:
    """What of a published version is gone or damaged, but for its page.

    Args:
      package: of the version.
      handle: of the version.
      packed: size and digest that its archive should have.
      hub: where it is.
      archive: makes that archive; called only if it is damaged.
    """
    name = f"{handle}{bundle.SUFFIX}"
    if not _is_file(hub.path(name), packed):
        yield HubEntry(name, RESTORE, archive(), packed)
    name, line = f"{handle}{bundle.DIGEST_SUFFIX}", _digest_line(handle, packed.sha256)
    if not _holds(hub.path(name), line):
        yield HubEntry(name, RESTORE, line)
    for file, described in package.files.items():
        name = f"{handle}/{file}"
        if not _is_file(hub.path(name), described):
            yield HubEntry(name, RESTORE, package.folder / file, described)


def of_evaluations(package: Package, handle: Handle, hub: View) -> Iterator[HubEntry]:
    """Evaluation records that the hub does not have as they are.

    Args:
      package: of the version.
      handle: of the version.
      hub: where they are to be.
    """
    texts = {
        f"{handle}{suffix}{evaluation_record.SUFFIX}": record.text()
        for suffix, record in package.evaluations.items()
    }
    return of_texts(texts, hub)


def of_texts(texts: dict[str, str], hub: View) -> Iterator[HubEntry]:
    """Texts that the hub does not have as they are to be.

    Args:
      texts: by path in the hub.
      hub: where they are to be.
    """
    for name, text in texts.items():
        path = hub.path(name)
        if not _holds(path, text):
            yield HubEntry(name, REPLACE if os.path.lexists(path) else WRITE, text)


def _digest_line(handle: Handle, sha256: str) -> str:
    return bundle.digest_line(sha256, f"{handle.version}{bundle.SUFFIX}")


def _holds(path: Path, text: str) -> bool:
    try:
        return foreign_files.read(path) == text.encode("utf-8")
    except OSError:
        return False


def _is_file(path: Path, described: FileDigest) -> bool:
    """Whether a file is there as described; its size, which is quick to see, is looked at first."""
    try:
        has_size = path.stat().st_size == described.bytes
        return has_size and files.digest_file(path) == described
    except OSError:
        return False
