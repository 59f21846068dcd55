"""The texts that a hub has as plain files, for any static host."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

from slimhub.common import foreign_files
from slimhub.common.errors import PublishError
from slimhub.nets import TASKS
from slimhub.publish import bundle
from slimhub.publish.handle import Handle
from slimhub.publish.hub import browser_runtime, html_pages, index, links, publisher_pages
from slimhub.publish.hub.index import Index
from slimhub.publish.hub.view import View
from slimhub.publish.pages import lite_page, page_parts, withdrawn_page
from slimhub.publish.pages.lite_page import LITE
from slimhub.publish.pages.page import LEGACY

_ASSET_PATH = re.compile(r"^<!-- asset-path: .* -->$", re.MULTILINE)


def texts(old_url: str, after: Index, handle: Handle, markdown: str, hub: View) -> dict[str, str]:
    """What is written when a version is published or withdrawn, or its page replaced.

    Args:
      old_url: address of the hub before.
      after: the index as it will be.
      handle: of the version.
      markdown: its page.
      hub: with the pages of the other versions.

    Returns:
      Texts by path in the hub: pages, then the index, by which readers find them, then what is
      drawn from both.
    """
    has_moved = after.url != old_url
    redrawn = list(after.models) if has_moved else _with_sibling(handle.model, after)
    linking = [m for m in links.related(handle, after.published(handle)) if m in after.models]
    pages, changed = {handle: markdown}, [handle]
    for model in dict.fromkeys([*redrawn, *linking]):
        for number, version in after.models[model].items():
            other = Handle.parse(f"{model}/{number}")
            if other == handle:
                continue
            old = _read(hub, other)
            text = _readdressed(old, other, old_url, after.url) if has_moved else old
            if has_moved:
                metadata = page_parts.split(text).metadata
                version = dataclasses.replace(version, metadata=metadata)
                after = after.with_version(other, version)
            text = page_of(other, text, after)
            if text != old:
                changed.append(other)
            if text != old or model in redrawn:
                pages[other] = text
    site = html_pages.Site(after, after.url, has_runtime=browser_runtime.is_there(hub.folder))
    drawn = {str(other): html_pages.model_page(site, other, text) for other, text in pages.items()}
    shown = {model: after.shown(model).number for model in {other.model: None for other in pages}}
    return {
        **{f"{other}.md": pages[other] for other in changed},
        **_lite_pages(changed, after),
        index.FILE: after.dump(),
        **{f"{name}.html": text for name, text in drawn.items()},
        **{
            f"{model}/index.html": drawn[f"{model}/{n}"]
            for model, n in shown.items()
            if f"{model}/{n}" in drawn
        },
        **_lists(site, handle, hub.folder),
    }


def _lite_pages(handles: list[Handle], after: Index) -> dict[str, str]:
    """Pages of the LiteRT files of versions, by path in the hub."""
    found = {}
    for handle in handles:
        version = after.published(handle)
        if LITE in version.also and version.withdrawn is None:
            is_known = after.url != index.LOCAL_URL
            told = f"{after.url}/{handle}{LITE}" if is_known else LEGACY
            found[f"{handle}{lite_page.SUFFIX}"] = lite_page.render(
                handle, version.description, told, version.also[LITE]
            )
    return found


def page_of(handle: Handle, markdown: str, known: Index) -> str:
    """The page of a version as a hub has it: with links to its other models, or withdrawn.

    Args:
      handle: of the version.
      markdown: its page.
      known: the index of the hub.
    """
    version = known.published(handle)
    if version.withdrawn is None:
        return links.linked(markdown, handle, known)
    newest = known.newest(handle.model)
    instead = f"{known.url}/{handle.model}/{newest.number}.html" if newest else None
    return withdrawn_page.render(
        handle, version.metadata, version.withdrawn, version.archive.sha256, instead
    )


def _with_sibling(model: str, known: Index) -> list[str]:
    """A model, and the one of the other task, whose page links it from now on."""
    stem, _, task = model.rpartition("/")
    siblings = [f"{stem}/{other}" for other in TASKS if task in TASKS and other != task]
    return [model, *(sibling for sibling in siblings if sibling in known.models)]


def _read(hub: View, handle: Handle) -> str:
    path = hub.path(f"{handle}.md")
    try:
        return foreign_files.read_text(path)
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8"
        raise PublishError(
            f"cannot read {path}: {reason}; publish {handle} again, which writes its page anew"
        ) from error


def _readdressed(text: str, handle: Handle, old_url: str, new_url: str) -> str:
    """A page after its hub has got another address."""
    is_known = new_url != index.LOCAL_URL
    told = f"{new_url}/{handle}{bundle.SUFFIX}" if is_known else "legacy"
    text = _ASSET_PATH.sub(f"<!-- asset-path: {told} -->", text, count=1)
    return text.replace(f"{old_url}/", f"{new_url}/")


def _lists(site: html_pages.Site, handle: Handle, hub: Path) -> dict[str, str]:
    """Lists of models, of every folder above one, and of its publisher's collections."""
    folders = handle.model.split("/")[:-1]
    prefixes = ["/".join(folders[:count]) for count in range(len(folders), -1, -1)]
    told = publisher_pages.read(hub, handle.publisher, site.index)
    lists = {
        f"{prefix}/index.html".lstrip("/"): html_pages.list_page(
            site, prefix, told if prefix == handle.publisher else None
        )
        for prefix in prefixes
        if prefix not in site.index.models
    }
    pages = {
        f"{one.path}.html": html_pages.collection_page(site, one)
        for one in told.collections.values()
    }
    return lists | pages
