"""Pages of publishers and collections that lie in a hub, as `slimhub page` writes them."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from pathlib import Path

from slimhub.common import foreign_files, paths
from slimhub.publish.handle import VERSION
from slimhub.publish.hub import page_markdown
from slimhub.publish.hub.index import Index
from slimhub.publish.pages import page_parts
from slimhub.publish.pages.checker import linter

FOLDER = "collections"  # of a publisher
_NAME = re.compile(r"[\w.-]+", re.ASCII)
_MODEL = re.compile(r"\]\(https://tfhub\.dev/(?P<model>[\w./-]+?)(/\d+)?\)", re.ASCII)
_MOST = 1000  # collections of a publisher, and versions of a collection
_MOST_BYTES = 1 << 20  # of a page


@dataclasses.dataclass(frozen=True)
class Collection:
    """A collection of a publisher.

    Attributes:
      path: `PUBLISHER/collections/NAME/VERSION`.
      title: of its page.
      description: Markdown.
      models: those of them that the hub has, `PUBLISHER/NAME`.
    """

    path: str
    title: str
    description: str
    models: list[str]


@dataclasses.dataclass(frozen=True)
class Publisher:
    """What a publisher says: a description in Markdown, perhaps empty, and collections."""

    description: str = ""
    collections: dict[str, Collection] = dataclasses.field(default_factory=dict)


def read(hub: Path, publisher: str, known: Index) -> Publisher:
    """What lies in a hub of a publisher's own pages; those that break the grammar are left out.

    Args:
      hub: its folder.
      publisher: who has models in the index.
      known: the index.
    """
    text = _page(hub, f"{publisher}/{publisher}.md")
    description = page_parts.split(text).description if text else ""
    return Publisher(description, {one.path: one for one in _collections(hub, publisher, known)})


def _collections(hub: Path, publisher: str, known: Index) -> Iterator[Collection]:
    for name in _listed(hub / publisher / FOLDER):
        model = f"{publisher}/{FOLDER}/{name}"
        if _NAME.fullmatch(name) is None or model in known.models:
            continue
        numbers = [
            int(file.removesuffix(".md"))
            for file in _listed(hub / model)
            if file.endswith(".md") and VERSION.fullmatch(file.removesuffix(".md"))
        ]
        path = f"{model}/{max(numbers, default=0)}"
        text = _page(hub, f"{path}.md") if numbers else None
        if text is not None:
            page = page_parts.split(text)
            title = page_markdown.plain(page.body.partition("\n")[0].lstrip("# ")) or name
            listed = dict.fromkeys(found["model"] for found in _MODEL.finditer(text))
            has = [one for one in listed if one in known.models]
            yield Collection(path, title, page.description, has)


def _listed(folder: Path) -> list[str]:
    """Names in a folder, sorted; none where there is no folder."""
    try:
        return sorted(path.name for path in folder.iterdir())[:_MOST]
    except OSError:
        return []


def _page(hub: Path, name: str) -> str | None:
    """The text of a page, None unless it is a page inside of the hub that keeps to the grammar."""
    try:
        path = paths.resolved(hub / name)
        if not path.is_relative_to(paths.resolved(hub)):
            return None
        text = foreign_files.read(path, _MOST_BYTES).decode("utf-8")
    except (OSError, UnicodeDecodeError):
        return None
    return text if not linter.check(text) else None
