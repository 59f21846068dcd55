"""Where the hub's repository keeps a page."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePath

from slimhub.publish.pages.checker.grammar import Kind

_DOCUMENTS = ("assets", "docs")  # folder of all pages
_FOLDERS = ("models", "collections")  # below a publisher
_PUBLISHER = re.compile(r"[a-z\d-]+")
_FILE = re.compile(r"\d+\.md")
_INDEX = "index.json"  # of a hub that slimhub writes, whose folder may be called models


def allowed(kind: Kind, publisher: str, name: str | None, version: str | None) -> tuple[str, ...]:
    """The paths that a page may have below the folder of all pages.

    Args:
      kind: of the page.
      publisher: the first part of its handle.
      name: the part between, None for a publisher's page.
      version: the last part, None for a publisher's page.
    """
    if kind.name == "Publisher":
        return (f"{publisher}/{publisher}.md",)
    if kind.name == "Collection":
        return (f"{publisher}/collections/{name}/1.md",)
    file = f"{kind.folder}/{version}.md".lstrip("/")
    return (f"{publisher}/models/{name}/{file}", f"{publisher}/{name}/{file}")


def splits(path: str, wanted: Sequence[str]) -> list[tuple[Path, str]]:
    """The ways to read a path as one of a repository of pages: folder of all pages, path below.

    A folder `models` or `collections` may also be that of a hub: then it has the hub's index, or
    what is below it is the handle of the page.

    Args:
      path: of a page.
      wanted: the paths that the page may have, as `allowed` returns them.

    Returns:
      Nothing where the path does not tell, more than one where a model is named like a folder.
    """
    parts = PurePath(path).parts
    return [(Path(*parts[:start]), "/".join(parts[start:])) for start in _starts(parts, wanted)]


def _starts(parts: tuple[str, ...], wanted: Sequence[str]) -> Iterator[int]:
    for i in range(len(parts) - 2):
        if parts[i : i + 2] == _DOCUMENTS:
            yield i + 2
            return
    for i in range(1, len(parts) - 2):
        is_below_publisher = parts[i] in _FOLDERS and _PUBLISHER.fullmatch(parts[i - 1])
        if is_below_publisher and _FILE.fullmatch(parts[-1]) and not _is_hub(parts, i, wanted):
            yield i - 1


def _is_hub(parts: tuple[str, ...], index: int, wanted: Sequence[str]) -> bool:
    """Whether the folder of that index is a hub's: all below it is a handle."""
    below = "/".join(parts[index + 1 :])
    return below in wanted or Path(*parts[: index + 1], _INDEX).is_file()
