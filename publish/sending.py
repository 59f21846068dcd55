"""Sends files from the kernel: uvicorn knows no `http.response.pathsend`, which Starlette uses."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

_EXTENSION = "http.response.pathsend"


class FileSending:
    """An ASGI application whose files are sent by `sendfile`, from the disk's cache to the socket.

    It writes to the transport of uvicorn's connection, and has uvicorn end the response. With a
    server that is made otherwise, files are sent in pieces, as without it.
    """

    def __init__(self, application: ASGIApp) -> None:
        """Wraps an application.

        Args:
          application: that may answer with `http.response.pathsend`.
        """
        self._application = application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        cycle = getattr(send, "__self__", None)
        if (
            scope["type"] != "http"
            or not hasattr(cycle, "transport")
            or not hasattr(cycle, "expected_content_length")
        ):
            await self._application(scope, receive, send)
            return

        async def send_or_copy(message: Message) -> None:
            if message["type"] != _EXTENSION:
                await send(message)
            elif not cycle.disconnected:
                await _copy(cycle, Path(message["path"]))
                cycle.expected_content_length = 0
                await send({"type": "http.response.body", "body": b""})

        extensions = {**scope.get("extensions", {}), _EXTENSION: {}}
        await self._application({**scope, "extensions": extensions}, receive, send_or_copy)


async def _copy(cycle: Any, path: Path) -> None:
    """Sends as much of a file as was announced."""
    count = cycle.expected_content_length
    if not count:
        return
    with path.open("rb") as file:
        try:
            sent = await asyncio.get_running_loop().sendfile(cycle.transport, file, 0, count)
        except (ConnectionError, RuntimeError):
            cycle.transport.close()  # the reader went away
            return
    if sent != count:
        cycle.transport.abort()  # the file is shorter now: let nobody take it for whole
