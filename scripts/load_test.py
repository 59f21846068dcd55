"""Many clients download one archive from `slimhub serve`, and the same file from nginx.

    python -m scripts.load_test HUB [--clients 64] [--seconds 30] [--abuse 30] [--json FILE]

Prints the throughput of both and their ratio, errors, and the server's memory before, at most, and
after. The clients are one process with non-blocking sockets that compares every byte with the file.
If nginx is not installed, it says so and skips it. Then a server is abused for some seconds in
several ways at once, see `server_abuse`; prints its memory, descriptors and slowest `/healthz`.
"""

from __future__ import annotations

import contextlib
import json
import selectors
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil

from scripts import server_abuse
from slimhub.cli.argument_refusals import RefusingParser
from slimhub.publish.hub import index

_NGINX = """
worker_processes 1; daemon off; pid {folder}/pid; error_log {folder}/errors;
events {{ worker_connections 1024; }}
http {{
  access_log off; sendfile on; tcp_nopush on; default_type application/gzip;
  client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder};
  uwsgi_temp_path {folder}; scgi_temp_path {folder};
  server {{ listen 127.0.0.1:{port}; root {hub}; }}
}}
"""


class Client:
    """Downloads one file again and again, on one connection."""

    def __init__(self, port: int, path: str, expected: bytes) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setblocking(False)
        self._request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode()
        self._expected = expected
        self._head, self._at = b"", -1
        self.downloads = self.errors = 0
        self._ask()

    def _ask(self) -> None:
        self._head, self._at = b"", -1
        self.socket.send(self._request)

    def read(self) -> int:
        """Reads available data; at its end, requests the file again. Returns the size read."""
        data = self.socket.recv(1 << 18)
        if not data:
            raise ConnectionError("closed")
        size = len(data)
        if self._at < 0:
            self._head += data
            head, found, data = self._head.partition(b"\r\n\r\n")
            if not found:
                return size
            length = f"content-length: {len(self._expected)}".encode()
            if b" 200 " not in head[:15] or length not in head.lower():
                raise ValueError(head[:200].decode("latin-1"))
            self._at = 0
        if data != self._expected[self._at : self._at + len(data)]:
            raise ValueError("other bytes than the file's")
        self._at += len(data)
        if self._at == len(self._expected):
            self.downloads += 1
            self._ask()
        return size


def measure(
    port: int, path: str, expected: bytes, clients: int, seconds: float, server: psutil.Process
) -> dict[str, float]:
    """Runs the clients for some time.

    Args:
      port: of the server.
      path: to request.
      expected: content of the file.
      clients: how many at once.
      seconds: how long.
      server: the process whose memory is measured, with its children.
    """
    selector = selectors.DefaultSelector()
    before = _memory(server)
    for _ in range(clients):
        client = Client(port, path, expected)
        selector.register(client.socket, selectors.EVENT_READ, client)
    everyone = [key.data for key in selector.get_map().values()]
    errors, received, most, samples = [], 0, 0, []
    start = time.monotonic()
    looked = start
    while (now := time.monotonic()) < start + seconds:
        for key, _ in selector.select(0.1):
            try:
                received += key.data.read()
            except (OSError, ValueError) as error:
                errors.append(str(error))
                selector.unregister(key.fileobj)
        if now - looked > 0.5:
            looked = now
            samples.append(_memory(server))
            most = max(most, samples[-1])
    for client in everyone:
        client.socket.close()
    middle = samples[len(samples) // 4 :]
    return {
        "megabytes_per_second": received / 1e6 / seconds,
        "downloads": sum(client.downloads for client in everyone),
        "slowest_client_downloads": min(client.downloads for client in everyone),
        "errors": len(errors),
        "first_error": errors[0] if errors else "",
        "memory_before": before,
        "memory_most": most,
        "memory_growth": max(middle) - min(middle),
    }


def _memory(server: psutil.Process) -> int:
    """Resident bytes of a process and its children."""
    everyone = [server, *server.children(recursive=True)]
    return sum(process.memory_info().rss for process in everyone)


@contextlib.contextmanager
def slimhub(hub: Path) -> Iterator[tuple[int, psutil.Process]]:
    """Starts `slimhub serve` like users do; returns its port and process."""
    command = [sys.executable, "-m", "slimhub", "serve", str(hub), "--port=0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            line = process.stdout.readline()
            yield int(line.rstrip("/\n").rpartition(":")[2]), psutil.Process(process.pid)
        finally:
            process.terminate()


@contextlib.contextmanager
def nginx(hub: Path) -> Iterator[tuple[int, psutil.Process]]:
    """Starts nginx with one worker and sendfile, as its manual recommends for large files."""
    with tempfile.TemporaryDirectory() as folder, socket.socket() as probe:
        Path(folder).chmod(0o755)
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        Path(folder, "conf").write_text(_NGINX.format(folder=folder, port=port, hub=hub.resolve()))
        with subprocess.Popen(["nginx", "-c", f"{folder}/conf", "-e", f"{folder}/e"]) as process:
            try:
                time.sleep(1)
                yield port, psutil.Process(process.pid)
            finally:
                process.terminate()


def main() -> int:
    """Runs both in turn, and prints a line for each; exit code 1 after an error."""
    parser = RefusingParser(description=__doc__.partition("\n")[0])
    parser.add_argument("hub", type=Path)
    parser.add_argument("--clients", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--abuse", type=float, default=30, help="seconds; 0 for none")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    known = index.read(arguments.hub)
    if known is None or not known.models:
        parser.error(f"{arguments.hub} is not a hub with a model")
    model = min(known.models)
    handle = f"{model}/{known.newest(model).number}"
    expected = (arguments.hub / f"{handle}.tar.gz").read_bytes()
    servers = [("slimhub serve", slimhub, f"/{handle}?tf-hub-format=compressed")]
    if shutil.which("nginx"):
        servers.append(("nginx", nginx, f"/{handle}.tar.gz"))
    else:
        print("nginx is not installed: nothing to compare with")
    found: dict[str, dict[str, float]] = {}
    if arguments.abuse:
        with slimhub(arguments.hub) as (port, process):
            abused = server_abuse.measure(port, handle, arguments.abuse, process)
        print(server_abuse.line(abused), flush=True)
    print(f"{arguments.clients} clients, {arguments.seconds:g} s, {len(expected) / 1e6:.1f} MB")
    for name, start, path in servers:
        with start(arguments.hub) as (port, process):
            options = (arguments.clients, arguments.seconds, process)
            found[name] = measure(port, path, expected, *options)
        print(_line(name, found[name]))
    if len(found) > 1:
        ours, theirs = (found[name]["megabytes_per_second"] for name, *_ in servers)
        print(f"ratio to nginx  {ours / theirs:.2f}")
    if arguments.json:
        arguments.json.write_text(json.dumps(found, indent=2) + "\n")
    return 1 if any(figures["errors"] for figures in found.values()) else 0


def _line(name: str, figures: dict[str, float]) -> str:
    before, most, growth = (figures[f"memory_{key}"] / 1e6 for key in ("before", "most", "growth"))
    return (
        f"{name:14s}  {figures['megabytes_per_second']:.0f} MB/s, {figures['downloads']} downloads "
        f"({figures['slowest_client_downloads']} by the slowest client), {figures['errors']} errors"
        f" {figures['first_error']}; memory {before:.1f} MB before, {most:.1f} at most, "
        f"{growth:.2f} between least and most of the last three quarters"
    )


if __name__ == "__main__":
    sys.exit(main())
