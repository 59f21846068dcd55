"""Sends open files from the kernel, by an extension of ASGI that this room has for itself.

ASGI's own, `http.response.pathsend`, has the server open the file, and uvicorn lacks it.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, BinaryIO

from slimhub.publish.hub.uvicorn_internals import ResponseCycle, response_cycle

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

# Bytes that are sent at once, and seconds for them: a reader has to take 14 kB/s.
_PIECE, _PIECE_SECONDS = 4 << 20, 300.0
FILE = "slimhub.response.file"  # a message whose `file` is the whole body


class FileSending:
    """An ASGI application whose files are sent by `sendfile`, from the disk's cache to the socket.

    It writes to the transport of uvicorn's connection, and has uvicorn end the response. With
    another server, and with an event loop that is not asyncio's own (uvloop has no `sendfile`),
    the application is not told of the extension, and has to send pieces.
    """

    def __init__(self, application: ASGIApp) -> None:
        """Wraps an application.

        Args:
          application: that may answer with `FILE`, where `extensions` of its scope have that.
        """
        self._application = application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        cycle = response_cycle(send)
        if scope["type"] != "http" or cycle is None or not _loop_can_send():
            await self._application(scope, receive, send)
            return

        async def send_or_copy(message: Message) -> None:
            if message["type"] != FILE:
                await send(message)
            elif not cycle.disconnected:
                await _copy(cycle, message["file"])
                cycle.expected_content_length = 0
                if not cycle.disconnected:
                    await send({"type": "http.response.body", "body": b""})

        extensions = {**scope.get("extensions", {}), FILE: {}}
        await self._application({**scope, "extensions": extensions}, receive, send_or_copy)


def _loop_can_send() -> bool:
    """Whether the loop that runs has `sendfile`."""
    return isinstance(asyncio.get_running_loop(), asyncio.BaseEventLoop)


async def _copy(cycle: ResponseCycle, file: BinaryIO) -> None:
    """Sends as much of a file as was announced."""
    count, transport = cycle.expected_content_length, cycle.transport
    if not count or transport.is_closing():
        return
    try:
        sent = await _send(transport, file, count)
    except RuntimeError:
        if not transport.is_closing():
            raise
        return  # the reader went away before the first byte
    except (ConnectionError, TimeoutError):
        transport.close()  # the reader went away
        return
    except asyncio.CancelledError:
        # Either the server is shutting down, or the reader was too slow. The task has nothing left
        # to do but to end, so that it need not be told once more.
        await _cut_off(transport)
        return
    if sent != count:
        await _cut_off(transport)  # the file is shorter now: let nobody take it for whole


async def _cut_off(transport: asyncio.WriteTransport) -> None:
    transport.abort()
    await asyncio.sleep(0)  # in which uvicorn hears of it


async def _send(transport: asyncio.WriteTransport, file: BinaryIO, count: int) -> int:
    """Sends the first bytes of a file; returns how many.

    Raises:
      asyncio.CancelledError: also where a piece takes too long.
    """
    loop, task, sent = asyncio.get_running_loop(), asyncio.current_task(), 0
    assert task is not None  # a coroutine runs in one
    while sent < count:
        # Before Python 3.12 `asyncio.wait_for` makes a task for each piece.
        limit = loop.call_later(_PIECE_SECONDS, task.cancel)
        try:
            done = await loop.sendfile(transport, file, sent, min(_PIECE, count - sent))
        finally:
            limit.cancel()
        if not done:
            break
        sent += done
    return sent
