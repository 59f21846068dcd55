"""Connections of the server, with limits as a server at the front of a site has them.

uvicorn has none for heads of requests, silent clients and clients that do not read. It gives each
connection an `HttpToolsProtocol`; of that class (as of 0.54) slimhub uses `connections`, `cycle`,
`transport`, `loop` and the callbacks that it extends.
"""

from __future__ import annotations

import asyncio
import collections
import ipaddress
from typing import Any, ClassVar

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_BYTES = 32 << 10  # of a request: line and headers
HEAD_SECONDS = 15.0  # in which a head has to be there
STALL_SECONDS = 60.0  # in which a client has to read something
MOST_QUEUED = 8  # requests that a client sends before it has the answer to an earlier one
_DESCRIPTORS_KEPT = 64  # for what is not a connection
_PER_CONNECTION = 3  # descriptors: the socket, the file, and for a part of it the same file again
_MOST = 4096  # connections, however many descriptors there are
_SHARE = 4  # one client may have a quarter of the connections
_NETWORK = 64  # bits of an IPv6 address that are one client's: a home or a machine has all the rest
_TOO_LARGE = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-length: 0\r\n"
    b"connection: close\r\n\r\n"
)


def most_connections() -> int:
    """How many connections there may be; asks the system for as many descriptors as it allows."""
    try:
        import resource
    except ImportError:  # on Windows
        return _MOST
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _MOST * _PER_CONNECTION + _DESCRIPTORS_KEPT
    if soft != resource.RLIM_INFINITY and soft < wanted:
        allowed = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
        soft = allowed
    if soft == resource.RLIM_INFINITY:
        return _MOST
    return max(1, min(_MOST, (soft - _DESCRIPTORS_KEPT) // _PER_CONNECTION))


def _client_of(address: tuple[str, int] | None) -> str | None:
    """Who a connection counts for: an IPv4 address, or the network of an IPv6 one."""
    if address is None:  # a socket of the file system
        return None
    try:
        found = ipaddress.ip_address(address[0].partition("%")[0])
    except ValueError:
        return address[0]
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    return str(found.ipv4_mapped or ipaddress.ip_network((int(found), _NETWORK), strict=False))


class LimitedConnection(HttpToolsProtocol):
    """A connection that is closed if it is silent, stalls, or sends too large a head."""

    most = _MOST  # connections; set before the server starts
    _of_clients: ClassVar[collections.Counter[str]] = collections.Counter()

    def __init__(self, *arguments: Any, **options: Any) -> None:
        """Has not sent anything yet; arguments are uvicorn's."""
        super().__init__(*arguments, **options)
        self._head = 0
        self._deadline: asyncio.TimerHandle | None = None
        self._watch: asyncio.TimerHandle | None = None
        self._unread = 0
        self._counted: str | None = None
        self.since = 0.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Starts to wait for a head.

        Where there are too many connections, or too many of one client, the one of them goes that
        has been idle for longest.
        """
        super().connection_made(transport)
        self.since = self.loop.time()
        self._expect_head()
        self._watch = self.loop.call_later(STALL_SECONDS, self._look)
        self._counted = _client_of(self.client)
        if self._counted is not None:
            self._of_clients[self._counted] += 1
            if self._of_clients[self._counted] > max(1, self.most // _SHARE):
                self._make_room(self._counted)
        if len(self.connections) > self.most:
            self._make_room()

    def _make_room(self, client: str | None = None) -> None:
        """Ends the connection idle for longest, of one client or of all; this one if none is."""
        others = [other for other in self.connections if isinstance(other, LimitedConnection)]
        idle = [
            other
            for other in others
            if other is not self and other.is_idle and client in (None, other._counted)
        ]
        leaving = min(idle, key=lambda other: other.since) if idle else self
        leaving._leave()
        leaving.transport.abort()

    def _leave(self) -> None:
        """Does not count any more."""
        self.connections.discard(self)
        if self._counted is not None:
            self._of_clients[self._counted] -= 1
            if not self._of_clients[self._counted]:
                del self._of_clients[self._counted]
            self._counted = None

    def connection_lost(self, exc: Exception | None) -> None:
        """Forgets the timers."""
        self._leave()
        super().connection_lost(exc)
        for timer in (self._deadline, self._watch):
            if timer is not None:
                timer.cancel()

    @property
    def is_idle(self) -> bool:
        """Whether no answer is on its way."""
        return self.cycle is None or self.cycle.response_complete

    def data_received(self, data: bytes) -> None:
        """Takes a part of a head, or of what follows it."""
        if self._deadline is None and self.is_idle:
            self._expect_head()
        self._head += len(data)
        super().data_received(data)
        if self._head > HEAD_BYTES and not self.transport.is_closing():
            if self.is_idle:
                self.transport.write(_TOO_LARGE)
                self.transport.close()
            else:
                self.transport.abort()

    def on_headers_complete(self) -> None:
        """Stops waiting for the head."""
        self._head = 0
        self.since = self.loop.time()
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
        if len(self.pipeline) >= MOST_QUEUED:
            self.transport.abort()
        if not self.transport.is_closing():  # the rest of what was read is parsed all the same
            super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Does not count a body, which nobody reads, as a head."""
        self._head = 0
        super().on_body(body)

    def _expect_head(self) -> None:
        self._deadline = self.loop.call_later(HEAD_SECONDS, self.transport.abort)

    def _look(self) -> None:
        """Ends a connection whose client reads nothing of what waits for it."""
        unread = self.transport.get_write_buffer_size()
        if unread and unread == self._unread:
            self.transport.abort()
            return
        self._unread = unread
        self._watch = self.loop.call_later(STALL_SECONDS, self._look)
