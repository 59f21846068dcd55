"""What clients may not do to the server, and what it says when its index is not one."""

import asyncio
import collections
import contextlib
import json
import os
import socket
import sys
import threading
import time
from unittest import mock

import psutil
import pytest
import uvicorn

from slimhub.publish.hub import connections, index, page_cache, responses, sendfile, server
from slimhub.publish.hub.connections import LimitedConnection
from slimhub.publish.hub.sendfile import FileSending
from slimhub.publish.hub.server_options import ServerOptions
from tests.fixtures import dask_clusters, hubs
from tests.publish.conftest import HANDLE
from tests.publish.hub.test_server import ask

MODEL = HANDLE.rpartition("/")[0]


@pytest.fixture(scope="module")
def hub(artifact, tmp_path_factory):
    hub = tmp_path_factory.mktemp("limited") / "hub"
    hubs.put(artifact().path, hub, HANDLE)
    return hub


@pytest.fixture(scope="module")
def application(hub):
    return server.Application(hub, ServerOptions())


@pytest.fixture(scope="module")
def port(application):
    """The server in a thread of this process, as `slimhub serve` configures it."""
    config = uvicorn.Config(
        FileSending(application),
        port=0,
        http=LimitedConnection,
        loop="asyncio",
        lifespan="off",
        log_level="error",
    )
    running = uvicorn.Server(config)
    thread = threading.Thread(target=running.run, daemon=True)
    thread.start()
    while not running.started:
        time.sleep(0.01)
    yield running.servers[0].sockets[0].getsockname()[1]
    running.should_exit = True
    thread.join(10)


def connect(port) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=10)


def rest(connection) -> bytes:
    """What comes until the server closes the connection."""
    with connection, contextlib.suppress(ConnectionError):
        return b"".join(iter(lambda: connection.recv(1 << 16), b""))
    return b""


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/" + "a" * 5000, {}, 414),
        ("/?" + "a" * 5000, {}, 414),
        ("/a" * 30_000, {}, 414),
        ("/a" * 1000, {}, 404),
        ("/healthz", {"X_Large": "a" * 20_000}, 431),
        ("/", {"Content_Length": "5"}, 413),
    ],
)
def test_requests_are_bounded(port, path, headers, status):
    start = time.monotonic()
    assert ask(port, path, **headers)[0] == status
    assert time.monotonic() - start < 5
    assert ask(port, "/healthz")[0] == 200


def test_a_head_without_end_is_cut_off(port):
    connection = connect(port)
    connection.sendall(b"GET / HTTP/1.1\r\n")
    with contextlib.suppress(ConnectionError):
        for number in range(2000):
            connection.sendall(b"X-%d: %s\r\n" % (number, b"a" * 1000))
    assert rest(connection)[:12] in (b"HTTP/1.1 431", b"")


async def unanswered(scope, receive, send):
    pass


def fake_connection(state, address=None, *, is_idle=True):
    """A connection without a server, whose answers do not come."""
    transport = mock.create_autospec(asyncio.Transport, instance=True)
    peer = {"peername": address and (address, 5)}
    transport.get_extra_info.side_effect = peer.get
    transport.is_closing.return_value = False
    transport.abort.side_effect = lambda: setattr(transport.is_closing, "return_value", True)
    config = uvicorn.Config(
        mock.Mock(), interface="asgi3", ws="none", log_config=None, lifespan="off"
    )
    config.load()
    loop = mock.MagicMock()
    loop.time.return_value = 0.0
    loop.create_task.side_effect = lambda run: run.close() or mock.Mock()
    connection = LimitedConnection(config, state, {}, _loop=loop)
    connection.connection_made(transport)
    if not is_idle:
        connection.data_received(b"GET / HTTP/1.1\r\n\r\n")
    return connection


@pytest.mark.parametrize(("count", "is_closed"), [(9, False), (14_562, True)])
def test_requests_do_not_queue_without_end(count, is_closed):
    piped = fake_connection(uvicorn.server.ServerState())
    piped.data_received(b"GET / HTTP/1.1\r\n\r\n" * count)
    assert piped.transport.is_closing() is is_closed
    assert len(piped.pipeline) == connections.MOST_QUEUED


@pytest.mark.parametrize("sent", [b"", b"GET /"])
def test_silent_connections_are_closed(port, monkeypatch, sent):
    monkeypatch.setattr(connections, "HEAD_SECONDS", 0.1)
    connection = connect(port)
    connection.sendall(sent)
    assert rest(connection) == b""


def test_a_slow_head_after_an_answer_is_closed(port, monkeypatch):
    monkeypatch.setattr(connections, "HEAD_SECONDS", 0.2)
    connection = connect(port)
    connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\nG")
    assert rest(connection).startswith(b"HTTP/1.1 200")


def test_of_too_many_connections_the_idle_go(port, monkeypatch):
    monkeypatch.setattr(LimitedConnection, "most", 3)
    silent = [connect(port) for _ in range(6)]
    assert ask(port, "/healthz")[0] == 200
    assert rest(silent[0]) == b""
    for connection in silent:
        connection.close()


@pytest.fixture
def counted(monkeypatch):
    monkeypatch.setattr(LimitedConnection, "most", 12)
    monkeypatch.setattr(LimitedConnection, "_of_clients", collections.Counter())
    state = uvicorn.server.ServerState()
    return state, lambda address, is_idle: fake_connection(state, address, is_idle=is_idle)


@pytest.mark.parametrize(
    "addresses",
    [
        ["192.0.2.1"],
        ["2001:db8::1", "2001:db8::2:3"],
        ["::ffff:192.0.2.1", "192.0.2.1"],
    ],
    ids=str,
)
def test_one_client_has_a_quarter_of_the_connections(counted, addresses):
    state, connect = counted
    made = [connect(addresses[n % len(addresses)], is_idle=False) for n in range(20)]
    assert len(state.connections) == 3
    assert [one.transport.is_closing() for one in made] == [False] * 3 + [True] * 17
    others = [connect(f"198.51.100.{n}", is_idle=True) for n in range(9)]
    assert not any(one.transport.is_closing() for one in others)
    for one in [*made, *others]:
        one.connection_lost(None)
    # Nothing is kept of who was there; a server of an earlier test may still be closing its own.
    assert not [one for one, number in LimitedConnection._of_clients.items() if number > 0]


def test_of_too_many_of_one_client_the_idle_go(counted):
    _, connect = counted
    other = connect("198.51.100.1", is_idle=True)
    made = [connect("192.0.2.1", is_idle=n == 1) for n in range(4)]
    assert [one.transport.is_closing() for one in made] == [False, True, False, False]
    assert not other.transport.is_closing()


def test_descriptors_bound_connections():
    most = connections.most_connections()
    soft = os.sysconf("SC_OPEN_MAX")
    assert 0 < most * 3 + 64 <= max(soft, 4096 * 3 + 64)


def test_pages_are_kept_whatever_host_clients_name(application, port):
    answers = {ask(port, f"/{HANDLE}", Host=f"host-{n}.test")[2] for n in range(20)}
    assert len(answers) == 20
    assert all(b"https://address-of" not in body for body in answers)
    assert len(application._pages._pages) == 1


def test_pages_are_bounded_in_bytes():
    cache = page_cache.PageCache(lambda key: key * 10, most_bytes=50)
    for key in "abcabcddd":
        assert cache.get(key) == key * 10
        assert cache.bytes <= 50
    assert list(cache._pages) == ["a", "b", "c", "d"]
    assert page_cache.PageCache(lambda key: "large", most_bytes=3).get("a") == "large"


def test_pages_are_counted_as_they_are_kept():
    cache = page_cache.PageCache(lambda key: "a" * 999 + "\U0001f600", most_bytes=10_000)
    pages = {cache.get(str(key)) for key in range(20)}
    assert pages == {"a" * 999 + "\U0001f600"}
    assert sum(map(sys.getsizeof, cache._pages.values())) < 1.1 * 10_000
    assert cache.bytes == sum(map(len, cache._pages.values())) == 9 * 1003


def test_pages_are_compressed_once_for_each_address_and_bounded():
    made = []

    def compress(page):
        made.append(page)
        return page[:10]

    kept = page_cache.CompressedPages(compress, most_bytes=40)
    page = b"0123456789 and more"
    for address in ("here", "here", "there", "here"):
        assert kept.get("a", address, page) == page[:10]
    assert len(made) == 2
    for number in range(9):
        kept.get("a", f"host-{number}", page)
        assert kept.bytes <= 40
    kept.clear()
    assert (kept.bytes, kept.get("a", "here", b"another")) == (0, b"another")


@pytest.mark.parametrize("extensions", [{}, {sendfile.FILE: {}}])
def test_a_file_that_is_replaced_is_sent_as_it_was_opened(tmp_path, extensions):
    (tmp_path / "a.txt").write_text("old")
    scope = {"type": "http", "method": "GET", "headers": [], "extensions": extensions}
    answer = responses.file(tmp_path, "a.txt", server.Request(scope), None, "")
    (tmp_path / "b").write_text("a new and longer text")
    (tmp_path / "b").replace(tmp_path / "a.txt")
    sent, bodies = [], []

    async def send(message):
        sent.append(message)
        bodies.append(message["file"].read() if "file" in message else message.get("body", b""))

    async def receive():
        await asyncio.sleep(10)

    asyncio.run(answer(scope, receive, send))
    assert b"".join(bodies) == b"old"
    assert any(message["type"] == sendfile.FILE for message in sent) == bool(extensions)


@pytest.mark.parametrize("name", ["a.txt", "a.mjs", "a.html", "a.json", "a.tar.gz", "a", "empty"])
def test_files_have_the_same_head_however_they_are_sent(tmp_path, name):
    (tmp_path / name).write_text("" if name == "empty" else "old")
    heads = []
    for extensions in ({}, {sendfile.FILE: {}}):
        scope = {"type": "http", "method": "GET", "headers": [], "extensions": extensions}
        answer = responses.file(tmp_path, name, server.Request(scope), "0" * 64, "no-cache")
        heads.append(dict(answer.headers))
        answer._opened.close()
    assert heads[0] == heads[1]


@pytest.fixture
def large_archive(hub):
    """The archive of the model, with more bytes than the system's buffers take."""
    archive = hub / f"{HANDLE}.tar.gz"
    size = archive.stat().st_size
    os.truncate(archive, 64_000_000)
    yield archive
    os.truncate(archive, size)


def test_a_reader_that_takes_too_long_is_cut_off(large_archive, port, monkeypatch):
    monkeypatch.setattr(sendfile, "_PIECE_SECONDS", 0.5)
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        connection.connect(("127.0.0.1", port))
        begun = time.monotonic()
        connection.sendall(f"GET /{HANDLE}.tar.gz HTTP/1.1\r\nHost: a\r\n\r\n".encode())
        assert connection.recv(15) == b"HTTP/1.1 200 OK"
        dask_clusters.wait_until(lambda: not is_open(large_archive), 30)
        assert time.monotonic() - begun > 0.5
        assert len(rest(connection)) < 64_000_000


def is_open(path) -> bool:
    return any(file.path == str(path) for file in psutil.Process().open_files())


def damaged(content: dict, edit) -> bytes:
    edit(content)
    return json.dumps(content).encode()


def version(content: dict) -> dict:
    return content["models"][MODEL][0]


BAD = {
    "model": lambda c: c["models"].update({"../a": c["models"][MODEL]}),
    "no versions": lambda c: c["models"].update({"a/b": []}),
    "number": lambda c: version(c).update(number=-1),
    "large number": lambda c: version(c).update(number=10**15),
    "text": lambda c: version(c).update(description=["a"]),
    "files": lambda c: version(c)["files"].update({"../../a": version(c)["archive"]}),
    "digest": lambda c: version(c)["archive"].update(sha256="a\r\nb: c"),
    "suffix": lambda c: version(c).update(also={"/../a": version(c)["archive"]}),
    "converted": lambda c: version(c).update(also={".tflite": {"sha256": "a\r\nb: c", "bytes": 1}}),
    "no size": lambda c: version(c).update(also={".onnx": version(c)["archive"] | {"bytes": -1}}),
    "address": lambda c: c.update(url="javascript:alert(1)"),
    "list": lambda c: c.update(models=[]),
    "metadata": lambda c: version(c).update(metadata={"a": "b"}),
}


@pytest.mark.parametrize("name", BAD)
def test_an_index_that_is_not_one_is_a_503(hub, port, name):
    path = hub / index.FILE
    good = path.read_bytes()
    try:
        path.write_bytes(damaged(json.loads(good), BAD[name]))
        assert ask(port, "/healthz")[0] == 503
        assert ask(port, f"/{HANDLE}")[0] == 503
    finally:
        path.write_bytes(good)
    assert ask(port, "/healthz")[0] == 200


@pytest.mark.parametrize("content", ["[" * 100_000, "1" * 5000, "{}", ""])
def test_a_file_that_is_not_an_index_is_a_503(hub, port, content):
    path = hub / index.FILE
    good = path.read_bytes()
    try:
        path.write_text(content)
        assert ask(port, "/healthz")[0] == 503
    finally:
        path.write_bytes(good)


def test_a_page_that_is_no_text_is_a_404(hub, port, application):
    path = hub / f"{HANDLE}.md"
    good = path.read_bytes()
    application._pages.clear()
    try:
        path.write_bytes(b"\xff")
        assert ask(port, f"/{HANDLE}")[0] == 404
    finally:
        path.write_bytes(good)
