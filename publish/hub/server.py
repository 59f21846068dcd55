"""A hub over HTTP: archives for programs, pages for people.

Whatever a request asks for is looked up in the index; no path is made of what it says. The
protocol is that of tensorflow_hub: `tf-hub-format=compressed` wants the archive, `uncompressed` a
303 whose body is the address of the folder on Google Cloud Storage. `lite-format=tflite` wants the
LiteRT file of a version.
"""

from __future__ import annotations

import functools
import html
import re
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response

from slimhub.common import foreign_files, paths
from slimhub.common.errors import MissingArtifactError, PublishError
from slimhub.publish import bundle
from slimhub.publish.handle import VERSION, Handle
from slimhub.publish.hub import (
    browser_runtime,
    html_pages,
    hub_entries,
    index,
    publisher_pages,
    responses,
)
from slimhub.publish.hub.index import Index
from slimhub.publish.hub.page_cache import CompressedPages, PageCache
from slimhub.publish.hub.publisher_pages import Collection, Publisher
from slimhub.publish.hub.server_options import ServerOptions
from slimhub.publish.pages import lite_page
from slimhub.publish.pages.lite_page import LITE

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

_HOST = re.compile(r"[\w.-]+(:\d+)?|\[[\da-fA-F:]+\](:\d+)?", re.ASCII)
# What a version's own paths go on with after its model: its number, and what is beside its folder.
_OF_A_VERSION = re.compile(
    rf"(?P<number>{VERSION.pattern})(?P<ending>\.tar\.gz(\.sha256)?|(\.lite)?\.md|\.html|\.tflite|\.onnx"
    r"|(\.tflite|\.onnx)?\.evaluation\.json)?",
    re.ASCII,
)
# Stands in rendered pages for the address of the hub, which may be what a client says it is.
_ADDRESS = "https://address-of-this-hub.invalid"
_RUNTIME = [f"{browser_runtime.FOLDER}/{name}" for name in browser_runtime.FILES]
_URL_BYTES, _HEADER_BYTES = 4096, 16 << 10  # of a request, at most
_MOST_PARTS = 64  # of a path


class Application:
    """An ASGI application that serves one hub."""

    def __init__(self, hub: Path, options: ServerOptions) -> None:
        """Reads the index.

        Args:
          hub: folder of the hub.
          options: how it is served.

        Raises:
          MissingArtifactError: where the folder is not a hub.
          PublishError: where its index cannot be read.
        """
        self._hub = paths.resolved(hub)
        self._options = options
        self._stamp: tuple[int, ...] | None = None
        self._index = Index()
        self._has_runtime = False
        self._publishers: dict[str, Publisher] = {}
        self._pages = PageCache(self._draw)
        self._compressed = CompressedPages(responses.compressed)
        if index.read(self._hub) is None:
            raise MissingArtifactError(
                f"{hub} is not a hub: it has no {index.FILE}; `slimhub publish ARTIFACT hub:{hub}` "
                "makes one"
            )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        if scope["type"] == "http":
            await self._answer(Request(scope))(scope, receive, send)

    def _answer(self, request: Request) -> Response:
        if request.method not in ("GET", "HEAD"):
            return responses.text("only GET and HEAD", 405, allow="GET, HEAD", connection="close")
        if (refusal := _refusal(request)) is not None:
            return refusal
        path = self._path(request)
        if path == "healthz":
            return self._health()
        try:
            self._refresh()
        except PublishError:
            return responses.text("the index of this hub cannot be read", 503)
        site = self._site(request)
        try:
            return self._find(path, request, site)
        except (OSError, UnicodeDecodeError):
            return self._missing(site, request, "The page of this model is missing in the hub.")

    def _path(self, request: Request) -> str:
        """What is asked for, without the prefix; a proxy may have taken that off already."""
        return f"{request.scope['path']}/".removeprefix(f"{self._options.prefix}/").strip("/")

    def _refresh(self) -> None:
        """Reads the index again if it was replaced."""
        path = self._hub / index.FILE
        try:
            found = path.stat()
        except OSError as error:
            raise PublishError(f"cannot read {path}: {error.strerror}") from error
        stamp = (found.st_ino, found.st_mtime_ns, found.st_size)
        if stamp != self._stamp:
            known = index.read(self._hub)
            if known is None:
                raise PublishError(f"{path} is gone")
            self._index = known
            self._has_runtime = browser_runtime.is_there(self._hub)
            self._pages.clear()
            self._compressed.clear()
            self._publishers.clear()
            self._stamp = stamp

    def _health(self) -> Response:
        try:
            self._refresh()
        except PublishError:
            return responses.text("the index cannot be read", 503)
        return responses.text(f"ok, {len(self._index.models)} models")

    def _site(self, request: Request) -> html_pages.Site:
        root = self._options.prefix + "/"
        host = request.headers.get("host", "")
        url = self._options.url
        if url is None and _HOST.fullmatch(host):
            url = f"{request.scope['scheme']}://{host}{self._options.prefix}"
        url = (url or self._index.url).rstrip("/")
        return html_pages.Site(self._index, url, root, self._has_runtime)

    def _find(self, path: str, request: Request, site: html_pages.Site) -> Response:
        if path == index.FILE:
            return self._file(index.FILE, request, None, responses.BRIEFLY)
        if self._has_runtime and path in _RUNTIME:
            return self._file(path, request, None, responses.BRIEFLY)
        wanted = request.query_params.get("tf-hub-format")
        found = self._version(path)
        if found is not None:
            handle, rest = found
            if rest == "":
                return self._model(handle, wanted, request, site)
            return self._part(handle, rest, request, site)
        is_loader = wanted is not None or "lite-format" in request.query_params
        if (model := self._model_of(path)) is not None:
            return self._no_version(model, request, site, is_loader=is_loader)
        if path in self._index.models:
            shown = self._index.shown(path)
            newest = f"{path}/{shown.number}"
            if is_loader and shown.withdrawn is None:
                return responses.text(f"name a version to load, such as {site.url}/{newest}", 404)
            return self._model(Handle.parse(newest), wanted, request, site)
        if is_loader:
            return responses.text(f"this hub has no such model; {site.url}/ lists what it has", 404)
        if self._index.under(path) or self._collection(path) is not None:
            return self._drawn(path, request, site)
        return self._missing(
            site, request, "This hub has no such model. The start page lists what it has."
        )

    def _version(self, path: str) -> tuple[Handle, str] | None:
        """The version that a path begins with, and what follows its number."""
        parts = path.split("/")
        for count in range(len(parts) - 1, 0, -1):
            versions = self._index.models.get("/".join(parts[:count]), {})
            found = _OF_A_VERSION.fullmatch(parts[count])
            if found and int(found["number"]) in versions:
                handle = Handle.parse("/".join([*parts[:count], found["number"]]))
                return handle, "/".join([found["ending"] or "", *parts[count + 1 :]])
        return None

    def _model_of(self, path: str) -> str | None:
        """The model that a path names, if it goes on with a version that is not there."""
        model, _, rest = path.rpartition("/")
        is_version = _OF_A_VERSION.fullmatch(rest) is not None
        return model if is_version and model in self._index.models else None

    def _no_version(
        self, model: str, request: Request, site: html_pages.Site, *, is_loader: bool
    ) -> Response:
        """The answer 404 to a wrong version: it lists those that there are, newest first."""
        known = sorted(self._index.models[model].items(), reverse=True)
        if is_loader:
            found = ", ".join(str(number) for number, one in known if one.withdrawn is None)
            return responses.text(f"{model} has no such version; it has {found or 'none'}", 404)
        versions = [
            (Handle.parse(f"{model}/{number}"), one.withdrawn is not None) for number, one in known
        ]
        message = f"{model} has no such version. It has:"
        return responses.page(html_pages.error_page(site, 404, message, versions), request, 404)

    def _model(
        self, handle: Handle, wanted: str | None, request: Request, site: html_pages.Site
    ) -> Response:
        is_loader = wanted is not None or "lite-format" in request.query_params
        if self._index.published(handle).withdrawn is not None:
            return self._withdrawn(handle, request, site, is_loader=is_loader)
        if "lite-format" in request.query_params:
            return self._lite(handle, request)
        if wanted == "compressed":
            return self._archive(handle, request)
        if wanted == "uncompressed":
            base = self._options.gcs_base
            if base is None:
                return responses.text(
                    "this hub has no copy on Google Cloud Storage: load it compressed\n", 404
                )
            return Response(f"{base}/{handle}", 303, media_type="text/plain")
        if wanted is not None:
            return responses.text("tf-hub-format is compressed or uncompressed", 400)
        return self._model_page(handle, request, site)

    def _part(self, handle: Handle, rest: str, request: Request, site: html_pages.Site) -> Response:
        """What belongs to a version: `rest` follows its number."""
        if self._index.published(handle).withdrawn is not None and rest != ".md":
            return self._withdrawn(handle, request, site, is_loader=rest != ".html")
        if rest == bundle.SUFFIX:
            return self._archive(handle, request)
        if rest == ".html":
            return self._model_page(handle, request, site)
        also = self._index.published(handle).also
        if rest in also:
            return self._converted(handle, rest, request)
        if rest in (".md", bundle.DIGEST_SUFFIX) or (rest == lite_page.SUFFIX and LITE in also):
            return self._file(f"{handle}{rest}", request, None, responses.BRIEFLY)
        if rest in hub_entries.EVALUATIONS:
            return self._file(f"{handle}{rest}", request, None, responses.BRIEFLY)
        file = self._index.published(handle).files.get(rest.removeprefix("/"))
        if file is not None and rest.startswith("/"):
            return responses.file(
                self._hub, f"{handle}{rest}", request, file.sha256, responses.FOR_EVER
            )
        return self._missing(site, request, f"{handle} has no such file.")

    def _withdrawn(
        self, handle: Handle, request: Request, site: html_pages.Site, *, is_loader: bool
    ) -> Response:
        """The answer 410: a sentence for programs, the page for browsers."""
        if not is_loader:
            return self._model_page(handle, request, site, 410)
        newest = self._index.newest(handle.model)
        instead = f"; load {site.url}/{handle.model}/{newest.number} instead" if newest else ""
        return responses.text(f"{handle} was withdrawn by its publisher{instead}", 410)

    def _archive(self, handle: Handle, request: Request) -> Response:
        sha256 = self._index.published(handle).archive.sha256
        return responses.file(
            self._hub, f"{handle}{bundle.SUFFIX}", request, sha256, responses.FOR_EVER
        )

    def _lite(self, handle: Handle, request: Request) -> Response:
        if request.query_params["lite-format"] != LITE.removeprefix("."):
            return responses.text("lite-format is tflite", 400)
        if LITE not in self._index.published(handle).also:
            return responses.text(f"{handle} was published without a LiteRT file", 404)
        return self._converted(handle, LITE, request)

    def _converted(self, handle: Handle, suffix: str, request: Request) -> Response:
        sha256 = self._index.published(handle).also[suffix].sha256
        return self._file(f"{handle}{suffix}", request, sha256, responses.FOR_EVER)

    def _file(self, name: str, request: Request, sha256: str | None, cache: str) -> Response:
        return responses.file(self._hub, name, request, sha256, cache)

    def _missing(self, site: html_pages.Site, request: Request, message: str) -> Response:
        return responses.page(html_pages.error_page(site, 404, message), request, 404)

    def _drawn(
        self,
        path: str,
        request: Request,
        site: html_pages.Site,
        status: int = 200,
        *,
        can_try: bool = False,
    ) -> Response:
        """A page with the address that this request came to."""
        page = self._pages.get(path).replace(_ADDRESS, html.escape(site.url))
        compress = functools.partial(self._compressed.get, path, site.url)
        return responses.page(page, request, status, can_try=can_try, compress=compress)

    def _model_page(
        self, handle: Handle, request: Request, site: html_pages.Site, status: int = 200
    ) -> Response:
        return self._drawn(str(handle), request, site, status, can_try=site.can_try(handle))

    def _publisher(self, name: str) -> Publisher:
        """What a publisher says who has models here; read once for each state of the index."""
        if name not in self._publishers:
            self._publishers[name] = publisher_pages.read(self._hub, name, self._index)
        return self._publishers[name]

    def _collection(self, path: str) -> Collection | None:
        """A collection of a publisher who has models here; it is found among those listed."""
        publisher, *rest = path.split("/")
        if rest[:1] != [publisher_pages.FOLDER] or not self._index.under(publisher):
            return None
        return self._publisher(publisher).collections.get(path.removesuffix(".html"))

    def _draw(self, path: str) -> str:
        root = self._options.prefix + "/"
        site = html_pages.Site(self._index, _ADDRESS, root, self._has_runtime)
        if (collection := self._collection(path)) is not None:
            return html_pages.collection_page(site, collection)
        if self._version(path) is None:
            told = self._publisher(path) if path and "/" not in path else None
            return html_pages.list_page(site, path, told)
        markdown = foreign_files.read_text(responses.inside(self._hub, f"{path}.md"))
        return html_pages.model_page(site, Handle.parse(path), markdown)


def _refusal(request: Request) -> Response | None:
    """The answer to a request that is larger than any that a client of a hub needs."""
    scope = request.scope
    headers = sum(len(name) + len(value) for name, value in scope["headers"])
    if len(scope["raw_path"]) + len(scope["query_string"]) > _URL_BYTES:
        return responses.text("this address is too long", 414, connection="close")
    if headers > _HEADER_BYTES:
        return responses.text("these headers are too long", 431, connection="close")
    if scope["path"].count("/") > _MOST_PARTS:
        return responses.text("this hub has no such model", 404)
    has_body = request.headers.get("content-length", "0") != "0"
    if has_body or "transfer-encoding" in request.headers:
        return responses.text("a request has no body here", 413, connection="close")
    return None
