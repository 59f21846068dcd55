"""A hub over HTTP: archives for programs, pages for people.

Whatever a request asks for is looked up in the index; no path is made of what it says. The
protocol is that of tensorflow_hub: `tf-hub-format=compressed` wants the archive, `uncompressed` a
303 whose body is the address of the folder on Google Cloud Storage.
"""

from __future__ import annotations

import dataclasses
import email.utils
import functools
import mimetypes
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response

from publish import bundle, html, index
from publish.errors import PublishError
from publish.handle import Handle
from publish.index import Index

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

_HOST = re.compile(r"[\w.-]+(:\d+)?|\[[\da-fA-F:]+\](:\d+)?", re.ASCII)
_FOR_EVER = "public, max-age=31536000, immutable"  # a version never changes
_BRIEFLY = "no-cache"  # ask each time whether it changed
_PAGES_KEPT = 256  # rendered, of one state of the index


@dataclasses.dataclass(frozen=True)
class Options:
    """How a hub is served.

    Attributes:
      prefix: path that the hub is under, such as `/models`; empty for none.
      url: its address for those who read pages, None to go by their requests.
      gcs_base: `gs://` address of the same hub, for `tf-hub-format=uncompressed`, or None.
    """

    prefix: str = ""
    url: str | None = None
    gcs_base: str | None = None


class Application:
    """An ASGI application that serves one hub."""

    def __init__(self, hub: Path, options: Options) -> None:
        """Reads the index.

        Args:
          hub: folder of the hub.
          options: how it is served.

        Raises:
          PublishError: where the folder is no hub.
        """
        self._hub = hub.resolve()
        self._options = options
        self._stamp: tuple[int, ...] | None = None
        self._index = Index()
        self._page = functools.lru_cache(_PAGES_KEPT)(self._draw)
        if index.read(self._hub) is None:
            raise PublishError(
                f"{hub} is no hub: it has no {index.FILE}; `slimhub publish ARTIFACT hub:{hub}` "
                "makes one"
            )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        if scope["type"] == "http":
            await self._answer(Request(scope))(scope, receive, send)

    def _answer(self, request: Request) -> Response:
        if request.method not in ("GET", "HEAD"):
            return PlainTextResponse("only GET and HEAD\n", 405, {"allow": "GET, HEAD"})
        path = self._path(request)
        if path == "healthz":
            return self._health()
        try:
            self._refresh()
        except PublishError:
            return PlainTextResponse("the index of this hub cannot be read\n", 503)
        site = self._site(request)
        if path is None:
            return self._missing(site, "This hub is at another path.")
        try:
            return self._find(path, request, site)
        except FileNotFoundError:
            return self._missing(site, "The page of this model is missing in the hub.")

    def _path(self, request: Request) -> str | None:
        """What is asked for, without the prefix; None where that is another."""
        path = request.scope["path"]
        prefix = self._options.prefix
        if prefix and path != prefix and not path.startswith(prefix + "/"):
            # A proxy may have taken it off already.
            return None if path != "/healthz" else "healthz"
        return path[len(prefix) :].strip("/")

    def _refresh(self) -> None:
        """Reads the index again if it was replaced."""
        path = self._hub / index.FILE
        try:
            found = path.stat()
        except OSError as error:
            raise PublishError(f"cannot read {path}: {error.strerror}") from error
        stamp = (found.st_ino, found.st_mtime_ns, found.st_size)
        if stamp != self._stamp:
            self._index = index.parse(path.read_text("utf-8"), str(path))
            self._page.cache_clear()
            self._stamp = stamp

    def _health(self) -> Response:
        try:
            self._refresh()
        except (PublishError, OSError):
            return PlainTextResponse("the index cannot be read\n", 503)
        return PlainTextResponse(f"ok, {len(self._index.models)} models\n")

    def _site(self, request: Request) -> html.Site:
        root = self._options.prefix + "/"
        host = request.headers.get("host", "")
        url = self._options.url
        if url is None and _HOST.fullmatch(host):
            url = f"{request.scope['scheme']}://{host}{self._options.prefix}"
        return html.Site(self._index, (url or self._index.url).rstrip("/"), root)

    def _find(self, path: str, request: Request, site: html.Site) -> Response:
        if path == index.FILE:
            return self._file(index.FILE, request, None, _BRIEFLY)
        wanted = request.query_params.get("tf-hub-format")
        found = self._version(path)
        if found is not None:
            handle, rest = found
            if rest == "":
                return self._model(handle, wanted, request, site)
            return self._part(handle, rest, request, site)
        if path in self._index.models:
            newest = f"{path}/{self._index.newest(path).number}"
            if wanted is not None or "lite-format" in request.query_params:
                return PlainTextResponse(
                    f"name a version to load, such as {site.url}/{newest}\n", 404
                )
            return self._html(self._page(newest, site.url))
        if self._index.under(path):
            return self._html(self._page(path, site.url))
        return self._missing(site, "This hub has no such model. The start page lists what it has.")

    def _version(self, path: str) -> tuple[Handle, str] | None:
        """The version that a path begins with, and what follows its number."""
        parts = path.split("/")
        for count in range(len(parts) - 1, 0, -1):
            versions = self._index.models.get("/".join(parts[:count]), {})
            number = re.match(r"\d+", parts[count], re.ASCII)
            if number and str(int(number[0])) == number[0] and int(number[0]) in versions:
                handle = Handle.parse("/".join([*parts[:count], number[0]]))
                rest = parts[count][number.end() :]
                return handle, "/".join([rest, *parts[count + 1 :]])
        return None

    def _model(
        self, handle: Handle, wanted: str | None, request: Request, site: html.Site
    ) -> Response:
        if "lite-format" in request.query_params:
            return PlainTextResponse("this hub has no TF Lite models\n", 404)
        if wanted == "compressed":
            return self._archive(handle, request)
        if wanted == "uncompressed":
            base = self._options.gcs_base
            if base is None:
                return PlainTextResponse(
                    "this hub has no copy on Google Cloud Storage: load it compressed\n", 404
                )
            return Response(f"{base}/{handle}", 303, media_type="text/plain")
        if wanted is not None:
            return PlainTextResponse("tf-hub-format is compressed or uncompressed\n", 400)
        return self._html(self._page(str(handle), site.url))

    def _part(self, handle: Handle, rest: str, request: Request, site: html.Site) -> Response:
        """What belongs to a version: `rest` follows its number."""
        if rest == bundle.SUFFIX:
            return self._archive(handle, request)
        if rest == ".html":
            return self._html(self._page(str(handle), site.url))
        if rest in (".md", bundle.DIGEST_SUFFIX):
            return self._file(f"{handle}{rest}", request, None, _BRIEFLY)
        file = self._index.get(handle).files.get(rest.removeprefix("/"))
        if file is not None and rest.startswith("/"):
            return self._file(f"{handle}{rest}", request, file["sha256"], _FOR_EVER)
        return self._missing(site, f"{handle} has no such file.")

    def _archive(self, handle: Handle, request: Request) -> Response:
        sha256 = self._index.get(handle).archive["sha256"]
        return self._file(f"{handle}{bundle.SUFFIX}", request, sha256, _FOR_EVER)

    def _file(self, name: str, request: Request, sha256: str | None, cache: str) -> Response:
        """A file of the hub.

        Args:
          name: its path, from the index, never from the request.
          request: may ask for a part, or whether it changed.
          sha256: of its content, where known: the ETag.
          cache: how long others may keep it.
        """
        try:
            path = self._inside(name)
            status = path.stat()
        except OSError:
            return PlainTextResponse("this file is missing in the hub\n", 404)
        tag = f'"{sha256 or f"{status.st_mtime_ns:x}-{status.st_size:x}"}"'
        headers = {"etag": tag, "cache-control": cache, "x-content-type-options": "nosniff"}
        if _is_known(request, tag):
            return Response(status_code=304, headers=headers)
        headers["last-modified"] = email.utils.formatdate(status.st_mtime, usegmt=True)
        return FileResponse(path, headers=headers, media_type=_type(name), stat_result=status)

    def _inside(self, name: str) -> Path:
        """Where a file of the hub is.

        Raises:
          FileNotFoundError: where it is missing, or a link leads out of the hub.
        """
        path = (self._hub / name).resolve(strict=True)
        if not path.is_relative_to(self._hub) or not path.is_file():
            raise FileNotFoundError(name)
        return path

    def _draw(self, path: str, url: str) -> str:
        site = html.Site(self._index, url, self._options.prefix + "/")
        if self._version(path) is None:
            return html.list_page(site, path)
        markdown = self._inside(f"{path}.md").read_text("utf-8")
        return html.model_page(site, Handle.parse(path), markdown)

    def _html(self, text: str) -> Response:
        return Response(text, headers=_headers(), media_type="text/html")

    def _missing(self, site: html.Site, message: str) -> Response:
        text = html.error_page(site, 404, message)
        return Response(text, 404, headers=_headers(), media_type="text/html")


def _headers() -> dict[str, Any]:
    return {
        "content-security-policy": html.policy(),
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "cache-control": _BRIEFLY,
    }


def _is_known(request: Request, tag: str) -> bool:
    told = [t.strip() for t in request.headers.get("if-none-match", "").split(",")]
    return "*" in told or tag in [t.removeprefix("W/") for t in told]


def _type(name: str) -> str:
    if name.endswith((".txt", ".md", ".sha256")):
        return "text/plain; charset=utf-8"
    if name.endswith(bundle.SUFFIX):
        return "application/gzip"
    return mimetypes.guess_type(name)[0] or "application/octet-stream"
