"""Where the hub's repository keeps a page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path, PurePath

from slimhub.publish.pages.checker.grammar import Kind

_DOCUMENTS = ("assets", "docs")  # folder of all pages
_FOLDERS = ("models", "collections")  # below a publisher
_PUBLISHER = re.compile(r"[a-z\d-]+")
_FILE = re.compile(r"\d+\.md")


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


def splits(path: str) -> list[tuple[Path, str]]:
    """The ways to read a path as one of a repository of pages: folder of all pages, path below.

    Args:
      path: of a page.

    Returns:
      Nothing where the path does not tell, more than one where a model is named like a folder.
    """
    parts = PurePath(path).parts
    return [(Path(*parts[:start]), "/".join(parts[start:])) for start in _starts(parts)]


def _starts(parts: tuple[str, ...]) -> Iterator[int]:
    for i in range(len(parts) - 2):
        if parts[i : i + 2] == _DOCUMENTS:
            yield i + 2
            return
    for i in range(1, len(parts) - 2):
        is_below_publisher = parts[i] in _FOLDERS and _PUBLISHER.fullmatch(parts[i - 1])
        if is_below_publisher and _FILE.fullmatch(parts[-1]):
            yield i - 1
