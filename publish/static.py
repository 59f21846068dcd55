"""The texts that a hub has as plain files, for any static host."""

from __future__ import annotations

from pathlib import Path

from publish import html, index
from publish.handle import Handle
from publish.index import Index


def texts(old_url: str, after: Index, handle: Handle, markdown: str, hub: Path) -> dict[str, str]:
    """What is written when a version is published, or its page replaced.

    Args:
      old_url: address of the hub before.
      after: the index as it will be.
      handle: of the version.
      markdown: its page.
      hub: folder, with the pages of the other versions.

    Returns:
      Texts by path in the hub: pages, then the index, by which a reader knows of them, then what
      is drawn from both.
    """
    site = html.Site(after, url=after.url)
    has_moved = after.url != old_url
    others = {}
    for model in after.models if has_moved else [handle.model]:
        for number in after.models[model]:
            other = Handle.parse(f"{model}/{number}")
            if other != handle:
                text = (hub / f"{other}.md").read_text("utf-8")
                others[other] = text.replace(f"{old_url}/{other}", f"{after.url}/{other}")
    pages = {handle: markdown} | others
    drawn = {str(other): html.model_page(site, other, text) for other, text in pages.items()}
    newest = {other.model: after.newest(other.model).number for other in pages}
    return {
        **{f"{other}.md": text for other, text in pages.items() if has_moved or other == handle},
        index.FILE: after.dump(),
        **{f"{name}.html": text for name, text in drawn.items()},
        **{f"{model}/index.html": drawn[f"{model}/{n}"] for model, n in newest.items()},
        **_lists(site, handle),
    }


def _lists(site: html.Site, handle: Handle) -> dict[str, str]:
    """Lists of models, of every folder above one."""
    folders = handle.model.split("/")[:-1]
    prefixes = ["/".join(folders[:count]) for count in range(len(folders), -1, -1)]
    return {
        f"{prefix}/index.html".lstrip("/"): html.list_page(site, prefix)
        for prefix in prefixes
        if prefix not in site.index.models
    }
