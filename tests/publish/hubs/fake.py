"""A local server that stands for a remote place, notes what it saw, and fails when told to."""

import contextlib
import dataclasses
import http.server
import io
import json
import threading
import urllib.parse


@dataclasses.dataclass
class Fault:
    """What goes wrong with requests whose name holds `name`, `times` times from the `after`th on.

    `status` answers with that; `cut` closes the connection after so many bytes of the body;
    `is_lost` does what is asked, and closes it without the answer.
    """

    name: str
    status: int = 0
    cut: int | None = None
    is_lost: bool = False
    times: int = 1
    after: int = 0
    headers: dict = dataclasses.field(default_factory=dict)

    def hits(self, name):
        if self.name not in name or not self.times:
            return False
        if self.after:
            self.after -= 1
            return False
        self.times -= 1
        return True


class Place:
    """One place; sub-classes have methods that answer, by what `route` gives."""

    def __init__(self):
        self.seen = []  # names of requests, in order
        self.tokens = set()  # values of Authorization headers
        self.faults = []
        self.lock = threading.RLock()

    def fail(self, name, status=0, **options):
        self.faults.append(Fault(name, status, **options))

    def answer(self, request):
        """Answers one request, with `request.reply`."""
        raise NotImplementedError

    def name(self, request):
        """What a request is called in `seen` and by faults."""
        return f"{request.command} {request.route}"


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # an answer is two packets; the second need not wait
    place: Place

    def _handle(self):
        # A client that was told to use a proxy sends a whole URL.
        self.url = urllib.parse.urlsplit(self.path)
        self.route = urllib.parse.unquote(self.url.path)
        self.query = dict(urllib.parse.parse_qsl(self.url.query))
        place, name = self.place, self.place.name(self)
        with place.lock:
            place.seen.append(name)
            if "Authorization" in self.headers:
                place.tokens.add(self.headers["Authorization"])
            fault = next((fault for fault in place.faults if fault.hits(name)), None)
        if fault is not None and fault.cut is not None:
            self.body = self._read(fault.cut)
            with place.lock:
                place.cut(self)
            self._hang_up()
            return
        self.body = self._read()
        if fault is not None and fault.is_lost:
            self.wfile = io.BytesIO()
            with place.lock:
                place.answer(self)
            self._hang_up()
            return
        if fault is not None:
            self.reply(fault.status, {"message": "told to fail"}, fault.headers)
            return
        with place.lock:
            place.answer(self)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = _handle  # noqa: N815

    def _read(self, most=None):
        """The body, of known length or in chunks."""
        if "Content-Length" in self.headers:
            length = int(self.headers["Content-Length"])
            return self.rfile.read(length if most is None else min(most, length))
        data = b""
        if "chunked" in self.headers.get("Transfer-Encoding", ""):
            while size := int(self.rfile.readline().strip() or b"0", 16):
                data += self.rfile.read(size)
                self.rfile.readline()
                if most is not None and len(data) >= most:
                    return data[:most]
            self.rfile.readline()
        return data

    def _hang_up(self):
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.connection.shutdown(2)

    def json(self):
        return json.loads(self.body or b"{}")

    def reply(self, status=200, content=b"", headers=None):
        if not isinstance(content, bytes):
            content = json.dumps(content).encode()
            headers = {"Content-Type": "application/json"} | (headers or {})
        self.send_response(status)
        for key, value in (headers or {}).items():
            self.send_header(key, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            with contextlib.suppress(ConnectionError):
                self.wfile.write(content)

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def serve(place):
    """Serves a place in threads; gives its address."""
    handler = type("Handler", (_Handler,), {"place": place})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
