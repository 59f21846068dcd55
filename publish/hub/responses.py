"""What the server answers with: texts, pages, files of the hub."""

from __future__ import annotations

import email.utils
import gzip
import mimetypes
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response

from slimhub.common import foreign_files
from slimhub.publish import bundle
from slimhub.publish.hub import page_templates, sendfile

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

FOR_EVER = "public, max-age=31536000, immutable"  # a version never changes
_GZIP_LEVEL = 4  # of 9: a list of 2,000 models takes 17 ms and 213 kB, not 41 ms and 170 kB
BRIEFLY = "no-cache"  # ask each time whether it changed


def text(content: str, status: int = 200, **headers: str) -> Response:
    """A line for programs, and for those who read what they say."""
    return PlainTextResponse(content + "\n", status, headers | {"cache-control": BRIEFLY})


def compressed(content: bytes) -> bytes:
    """The content as gzip, the same each time."""
    return gzip.compress(content, _GZIP_LEVEL, mtime=0)


def page(
    content: str,
    request: Request,
    status: int = 200,
    *,
    can_try: bool = False,
    compress: Callable[[bytes], bytes] = compressed,
) -> Response:
    """A page that runs nothing but its own script.

    Args:
      content: HTML.
      request: may accept it compressed.
      status: of HTTP.
      can_try: whether it runs the model that it shows.
      compress: as `compressed`; it may know the result.
    """
    headers = {
        "content-security-policy": page_templates.policy(can_try=can_try),
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "cache-control": BRIEFLY,
        "vary": "accept-encoding",
    }
    body = content.encode()
    if _accepts_gzip(request):
        body = compress(body)
        headers["content-encoding"] = "gzip"
    return Response(body, status, headers, "text/html")


def _accepts_gzip(request: Request) -> bool:
    """Whether a client names gzip, and not to refuse it."""
    for told in request.headers.get("accept-encoding", "").split(","):
        coding, _, weight = told.partition(";")
        if coding.strip().lower() == "gzip":
            return weight.replace(" ", "").lower() not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False


def file(hub: Path, name: str, request: Request, sha256: str | None, cache: str) -> Response:
    """A file of the hub, or the part of it that is asked for.

    Args:
      hub: its folder, links resolved.
      name: path of the file in it, from the index, never from the request.
      request: may ask for a part, or whether it changed.
      sha256: of its content, where known: the ETag.
      cache: how long others may keep it.
    """
    try:
        opened = foreign_files.open_regular(inside(hub, name))
    except OSError:
        return text("this file is missing in the hub", 404)
    status = os.fstat(opened.fileno())  # not of the path, where another file may be by now
    tag = f'"{sha256 or f"{status.st_mtime_ns:x}-{status.st_size:x}"}"'
    headers = {"etag": tag, "cache-control": cache, "x-content-type-options": "nosniff"}
    if _is_known(request, tag):
        opened.close()
        return Response(status_code=304, headers=headers)
    headers["last-modified"] = email.utils.formatdate(status.st_mtime, usegmt=True)
    if "range" in request.headers or sendfile.FILE not in request.scope.get("extensions", {}):
        return _OpenedFile(opened, headers=headers, media_type=_type(name), stat_result=status)
    headers |= {
        "content-type": _type(name),
        "content-length": str(status.st_size),
        "accept-ranges": "bytes",
    }
    return _WholeFile(opened, headers)


class _WholeFile(Response):
    """Answers with a file that is open, which the kernel sends, see `FileSending`."""

    def __init__(self, opened: BinaryIO, headers: Mapping[str, str]) -> None:
        self.status_code, self.background = 200, None
        self.raw_headers = [(name.encode(), value.encode()) for name, value in headers.items()]
        self._opened = opened

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._opened:
            head = {"status": self.status_code, "headers": self.raw_headers}
            await send({"type": "http.response.start", **head})
            if scope["method"] == "HEAD":
                await send({"type": "http.response.body"})
            else:
                await send({"type": sendfile.FILE, "file": self._opened})


class _OpenedFile(FileResponse):
    """Answers with a file that is open, or with parts of it, whatever is at its path meanwhile."""

    def __init__(self, opened: BinaryIO, **options: Any) -> None:
        place = f"/dev/fd/{opened.fileno()}"
        super().__init__(place if Path("/dev/fd").is_dir() else opened.name, **options)
        self._opened = opened

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._opened:
            await super().__call__(scope, receive, send)


def inside(hub: Path, name: str) -> str:
    """Where a file of the hub is; it may be a folder.

    Args:
      hub: its folder, links resolved.
      name: path of the file in it.

    Raises:
      OSError: where nothing is there, or a link leads out of the hub.
    """
    # Every download calls this, and `Path` is several times slower than strings.
    path = os.path.realpath(f"{hub}/{name}", strict=True)
    if not path.startswith(f"{str(hub).rstrip(os.sep)}{os.sep}"):
        raise FileNotFoundError(name)
    return path


def _is_known(request: Request, tag: str) -> bool:
    told = [t.strip() for t in request.headers.get("if-none-match", "").split(",")]
    return "*" in told or tag in [t.removeprefix("W/") for t in told]


def _type(name: str) -> str:
    if name.endswith(bundle.SUFFIX):
        return "application/gzip"
    is_plain = name.endswith((".txt", ".md", ".sha256"))
    found = "text/plain" if is_plain else mimetypes.guess_type(name)[0]
    if found is None:
        return "application/octet-stream"
    return f"{found}; charset=utf-8" if found.startswith("text/") else found
