"""An HTTP proxy in front of a server on loopback, that cuts, refuses and spoils as it is told."""

from __future__ import annotations

import contextlib
import dataclasses
import http.client
import http.server
import json
import re
import socket
import struct
import threading
from collections.abc import Iterator


@dataclasses.dataclass
class Fault:
    """What happens to requests.

    Attributes:
      line: pattern of `METHOD PATH`.
      kind: `cut` closes the connection amid the body, `flip` changes a byte of it, `hold` keeps
        the client waiting until the proxy ends, a status is the answer.
      times: how often it happens.
    """

    line: str
    kind: str | int
    times: int = 1_000_000


class Proxy:
    """Faults, and the lines of the requests that came."""

    def __init__(self, address: str) -> None:
        self.address = address  # of the server behind: HOST:PORT
        self.faults: list[Fault] = []
        self.lines: list[str] = []
        self.port = 0
        self.holds = threading.Event()  # set while a client waits
        self.ends = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def fault(self, line: str) -> Fault | None:
        """The first fault that is left for a request."""
        for fault in self.faults:
            if fault.times and re.search(fault.line, line):
                fault.times -= 1
                return fault
        return None


@contextlib.contextmanager
def proxy(address: str) -> Iterator[Proxy]:
    """Starts a proxy; its port is one that is free."""
    state = Proxy(address)

    class Handler(_Handler):
        proxy = state

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        state.port = server.server_address[1]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield state
        finally:
            state.ends.set()
            server.shutdown()


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    proxy: Proxy

    def _pass_on(self) -> None:
        line = f"{self.command} {self.path}"
        self.proxy.lines.append(line)
        fault = self.proxy.fault(line)
        length = int(self.headers.get("Content-Length") or 0)
        if fault and fault.kind == "hold":
            self.proxy.holds.set()
            self.proxy.ends.wait()
        if fault and fault.kind in ("cut", "hold"):
            self.rfile.read(length // 2)
            linger = struct.pack("ii", 1, 0)  # closing now resets the connection
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self.close_connection = True
            self.connection.close()
            return
        body = self.rfile.read(length) if length else self._chunks()
        if fault and fault.kind != "flip":
            self._answer(int(fault.kind), {}, _error(int(fault.kind)))
            return
        if fault:
            middle = len(body) // 2
            body = body[:middle] + bytes([body[middle] ^ 1]) + body[middle + 1 :]
        server = http.client.HTTPConnection(self.proxy.address)
        headers = {k: v for k, v in self.headers.items() if k.lower() not in _OWN}
        server.request(self.command, self.path, body, headers)
        answer = server.getresponse()
        self._answer(answer.status, dict(answer.getheaders()), answer.read())
        server.close()

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_PATCH = _pass_on  # noqa: N815

    def _chunks(self) -> bytes:
        body = b""
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            while size := int(self.rfile.readline().split(b";")[0], 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
        return body

    def _answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            if name.lower() not in (*_OWN, "server", "date"):
                self.send_header(name, value)
        size = headers.get("Content-Length", "0") if self.command == "HEAD" else str(len(body))
        self.send_header("Content-Length", size)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: object) -> None:
        """Says nothing."""


_OWN = ("content-length", "transfer-encoding", "connection", "expect")


def _error(status: int) -> bytes:
    """A body that clients of both stores read: JSON for one, nothing that the other minds."""
    return json.dumps({"error": {"code": status, "message": "as the test wants it"}}).encode()
