"""The texts that a hub has as plain files, for any static host."""

from __future__ import annotations

import dataclasses
import re

from slimhub.common.errors import PublishError
from slimhub.nets import TASKS
from slimhub.publish import bundle
from slimhub.publish.handle import Handle
from slimhub.publish.hub import html_pages, index
from slimhub.publish.hub.index import Index
from slimhub.publish.hub.view import View
from slimhub.publish.pages import page_parts

_ASSET_PATH = re.compile(r"^<!-- asset-path: .* -->$", re.MULTILINE)


def texts(old_url: str, after: Index, handle: Handle, markdown: str, hub: View) -> dict[str, str]:
    """What is written when a version is published, or its page replaced.

    Args:
      old_url: address of the hub before.
      after: the index as it will be.
      handle: of the version.
      markdown: its page.
      hub: with the pages of the other versions.

    Returns:
      Texts by path in the hub: pages, then the index, by which a reader knows of them, then what
      is drawn from both.
    """
    has_moved = after.url != old_url
    pages = {handle: markdown}
    for model in after.models if has_moved else _with_sibling(handle.model, after):
        for number in after.models[model]:
            other = Handle.parse(f"{model}/{number}")
            if other == handle:
                continue
            pages[other] = _read(hub, other)
            if has_moved:
                pages[other] = _readdressed(pages[other], other, old_url, after.url)
                metadata = page_parts.split(pages[other]).metadata
                version = dataclasses.replace(after.published(other), metadata=metadata)
                after = after.with_version(other, version)
    site = html_pages.Site(after, url=after.url)
    drawn = {str(other): html_pages.model_page(site, other, text) for other, text in pages.items()}
    newest = {other.model: after.newest(other.model).number for other in pages}
    return {
        **{f"{other}.md": text for other, text in pages.items() if has_moved or other == handle},
        index.FILE: after.dump(),
        **{f"{name}.html": text for name, text in drawn.items()},
        **{f"{model}/index.html": drawn[f"{model}/{n}"] for model, n in newest.items()},
        **_lists(site, handle),
    }


def _with_sibling(model: str, known: Index) -> list[str]:
    """A model, and the one of the other task, whose page links it from now on."""
    stem, _, task = model.rpartition("/")
    siblings = [f"{stem}/{other}" for other in TASKS if task in TASKS and other != task]
    return [model, *(sibling for sibling in siblings if sibling in known.models)]


def _read(hub: View, handle: Handle) -> str:
    path = hub.path(f"{handle}.md")
    try:
        return path.read_text("utf-8")
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


def _lists(site: html_pages.Site, handle: Handle) -> dict[str, str]:
    """Lists of models, of every folder above one."""
    folders = handle.model.split("/")[:-1]
    prefixes = ["/".join(folders[:count]) for count in range(len(folders), -1, -1)]
    return {
        f"{prefix}/index.html".lstrip("/"): html_pages.list_page(site, prefix)
        for prefix in prefixes
        if prefix not in site.index.models
    }
