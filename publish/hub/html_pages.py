"""Pages of a hub as HTML: models, lists of models, errors.

The same pages are static files (links end in `.html`, models in `.tar.gz`) and what the server
answers (links and models are handles).
"""

from __future__ import annotations

import collections
import dataclasses
import re
from collections.abc import Sequence

from slimhub.publish import bundle
from slimhub.publish.handle import Handle
from slimhub.publish.hub import (
    accuracy,
    browser_runtime,
    model_rows,
    page_markdown,
    page_templates,
)
from slimhub.publish.hub.index import LOCAL_URL, Index
from slimhub.publish.hub.model_rows import ModelRow
from slimhub.publish.hub.publisher_pages import Collection, Publisher
from slimhub.publish.pages import page_parts

_OWN_ANCHORS = ("main", "contents", "downloads", "versions", "files", "try-it")  # of a model's page
_MOST_PUBLISHERS = 30  # that the start page names
_NAME = "Model hub"
_ONNX = ".onnx"
_LABELS = "assets/labels.txt"  # of an artifact


@dataclasses.dataclass(frozen=True)
class Site:
    """Where pages are read.

    Attributes:
      index: what is published.
      url: address of the hub, without a `/` at its end.
      root: path of its start page, for pages that are answers of a server; None for pages that are
        files, which refer to each other by relative paths.
      has_runtime: whether pages can load `browser_runtime.FILES` from the hub.
    """

    index: Index
    url: str
    root: str | None = None
    has_runtime: bool = False

    @property
    def is_static(self) -> bool:
        """Whether plain files are served, which have no handles."""
        return self.root is None

    def load_url(self, handle: str) -> str:
        """What `hub.KerasLayer` takes.

        Args:
          handle: of a version.
        """
        return f"{self.url}/{handle}{bundle.SUFFIX if self.is_static else ''}"

    def can_try(self, handle: Handle) -> bool:
        """Whether the page of a version runs it in the browser.

        Args:
          handle: of a version.
        """
        version = self.index.published(handle)
        is_whole = version.withdrawn is None and version.facts is not None
        return self.has_runtime and is_whole and _ONNX in version.also


@dataclasses.dataclass(frozen=True)
class Crumb:
    """A step on the way to a page: what it is called, and its path in the hub."""

    label: str
    path: str


def model_page(site: Site, handle: Handle, markdown: str) -> str:
    """The page of one version.

    Args:
      site: where it is read.
      handle: of the version, which the index has.
      markdown: its page, with addresses of `index.url`.
    """
    version = site.index.published(handle)
    page = page_parts.split(_with_addresses(site, handle, markdown))
    newest = site.index.newest(handle.model)
    files = sorted(version.files.items()) if version.withdrawn is None else []
    return _render(
        "model.html.jinja",
        handle.model.count("/") + 1,
        site,
        title=str(handle),
        summary=page_markdown.plain(page.description),
        path=f"{handle}{_ending(site)}",
        crumbs=_crumbs(handle.model.split("/")),
        here=f"version {handle.version}",
        handle=handle,
        load_url=site.load_url(str(handle)),
        description=page_markdown.inline(page.description),
        tags=model_rows.tags(version),
        accuracy=accuracy.of(version),
        body=page_markdown.render(page.body, _OWN_ANCHORS),
        version=version,
        versions=sorted(site.index.models[handle.model].items(), reverse=True),
        newest=newest,
        formats=model_rows.FORMATS,
        files=files,
        can_try=site.can_try(handle),
        runtime=browser_runtime.FOLDER,
        labels=_LABELS if _LABELS in version.files else None,
    )


def list_page(site: Site, prefix: str, publisher: Publisher | None = None) -> str:
    """The start page, or that of a publisher or a part of its models.

    Args:
      site: where it is read.
      prefix: what the handles listed begin with, whole parts; empty for all.
      publisher: what the publisher says, if this is its page.
    """
    parts = prefix.split("/") if prefix else []
    publisher = publisher or Publisher()
    rows = _rows(site, site.index.under(prefix))
    said = (
        f"{model_rows.count_of(len(rows))} for TensorFlow Hub{f' by {prefix}' if prefix else ''}."
    )
    return _render(
        "list.html.jinja",
        len(parts),
        site,
        title=prefix or "Models",
        summary=page_markdown.plain(publisher.description) or said,
        path=f"{prefix}/{_start(site)}".lstrip("/"),
        crumbs=_crumbs(parts[:-1]),
        here=parts[-1] if parts else "",
        about=page_markdown.inline(publisher.description),
        publishers=[] if parts else _publishers(rows),
        collections=publisher.collections.values(),
        count=model_rows.count_of(len(rows)),
        imagenet=accuracy.IMAGENET,
        rows=rows,
    )


def collection_page(site: Site, collection: Collection) -> str:
    """The page of a collection: its models, as the start page lists models.

    Args:
      site: where it is read.
      collection: with models that the index has.
    """
    parts = collection.path.split("/")
    rows = _rows(site, collection.models)
    return _render(
        "list.html.jinja",
        len(parts) - 1,
        site,
        title=collection.title,
        summary=page_markdown.plain(collection.description),
        path=f"{collection.path}{_ending(site)}",
        crumbs=_crumbs(parts[:1]),
        here=collection.title,
        about=page_markdown.inline(collection.description),
        publishers=[],
        collections=[],
        count=model_rows.count_of(len(rows)),
        imagenet=accuracy.IMAGENET,
        rows=rows,
    )


def _publishers(rows: Sequence[ModelRow]) -> list[tuple[str, int]]:
    """Those with the most models, with how many each has; none where there is only one."""
    counts = collections.Counter(row.publisher for row in rows)
    return counts.most_common(_MOST_PUBLISHERS) if len(counts) > 1 else []


def _rows(site: Site, models: Sequence[str]) -> list[ModelRow]:
    """Rows of models, in the order of their names, without those that were withdrawn whole."""
    newest = [(model, site.index.newest(model)) for model in sorted(models)]
    return [ModelRow.of(model, version) for model, version in newest if version is not None]


def error_page(
    site: Site, status: int, message: str, versions: Sequence[tuple[Handle, bool]] = ()
) -> str:
    """What the server answers where there is no page.

    Args:
      site: where it is read.
      status: of HTTP.
      message: says what to do.
      versions: those that there are of a model, newest first, with whether each was withdrawn.
    """
    title = {404: "Not found"}.get(status, "Error")
    model = versions[0][0].model.split("/") if versions else []
    return _render(
        "error.html.jinja",
        0,
        site,
        title=title,
        summary=message,
        path="",
        crumbs=_crumbs(model),
        here=title,
        message=message,
        versions=versions,
    )


def _with_addresses(site: Site, handle: Handle, markdown: str) -> str:
    """A page's text, with the addresses that hold here, and links to what is published."""
    archive = f"{site.index.url}/{handle}{bundle.SUFFIX}"
    link = re.compile(rf"\]\({re.escape(site.index.url)}/(?P<handle>[\w./-]+)\.html\)")
    root, ending = _root(site, handle.model.count("/") + 1), _ending(site)
    markdown = link.sub(lambda found: f"]({root}{found['handle']}{ending})", markdown)
    return markdown.replace(archive, site.load_url(str(handle)))


def _crumbs(parts: Sequence[str]) -> list[Crumb]:
    """The folders above a page."""
    return [Crumb(part, "/".join(parts[: n + 1]) + "/") for n, part in enumerate(parts)]


def _ending(site: Site) -> str:
    """What follows a handle in the address of its page."""
    return ".html" if site.is_static else ""


def _start(site: Site) -> str:
    """What follows a folder in the address of its list."""
    return "index.html" if site.is_static else ""


def _root(site: Site, depth: int) -> str:
    return site.root or "../" * depth or "./"


def _render(
    template: str, depth: int, site: Site, *, path: str, can_try: bool = False, **values: object
) -> str:
    is_known = not (site.is_static and site.url == LOCAL_URL)
    return page_templates.render(
        template,
        can_try=can_try,
        **values,
        root=_root(site, depth),
        site=site,
        site_name=_NAME,
        page_url=f"{site.url}/{path}" if is_known else None,
        ending=_ending(site),
        start=_start(site),
    )
