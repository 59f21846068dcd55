"""The server: the protocol of tensorflow_hub, and what nobody may read."""

import asyncio
import contextlib
import gzip
import hashlib
import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request

import pytest

from scripts import compatibility, compatibility_rows
from slimhub.publish.hub import index, sendfile
from tests.fixtures import hubs
from tests.fixtures.support import REPOSITORY
from tests.publish.conftest import HANDLE

MODEL = HANDLE.rpartition("/")[0]
SECRET = "nobody may read this"


@contextlib.contextmanager
def serving(hub, *options, **environment):
    """Starts the server as a user does; gives its port and process."""
    command = [sys.executable, "-m", "slimhub", "serve", str(hub), "--port=0", *options]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    environment = os.environ | environment
    with subprocess.Popen(command, cwd=REPOSITORY, env=environment, **pipes) as process:
        try:
            line = process.stdout.readline()
            assert line.startswith(f"serving {hub} at http://"), process.stderr.read()
            address = line.split("//")[1].split("/")[0]
            yield int(address.rpartition(":")[2]), process
        finally:
            process.terminate()


@pytest.fixture(scope="module")
def hub(artifact, tmp_path_factory):
    hub = tmp_path_factory.mktemp("hub") / "hub"
    (hub.parent / "secret").write_text(SECRET)
    for number in (4, 5):
        hubs.put(artifact().path, hub, f"{MODEL}/{number}")
    hubs.put(artifact().path, hub, "local/other/1")
    return hub


@pytest.fixture(scope="module")
def port(hub):
    with serving(hub, "--gcs_base=gs://bucket/models/") as (port, _):
        yield port


def ask(port, path, method="GET", **headers):
    """One request, its path sent as it is; gives status, headers and body."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.putrequest(method, path, skip_host="Host" in named, skip_accept_encoding=True)
        for name, value in named.items():
            connection.putheader(name, value)
        connection.endheaders()
        answer = connection.getresponse()
        return answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read()
    finally:
        connection.close()


def test_compressed_gives_the_archive(hub, port):
    content = (hub / f"{HANDLE}.tar.gz").read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    for path in (f"/{HANDLE}?tf-hub-format=compressed", f"/{HANDLE}.tar.gz"):
        status, headers, body = ask(port, path)
        assert (status, body == content) == (200, True)
        assert headers["etag"] == f'"{digest}"'
        assert headers["content-length"] == str(len(content))
        assert headers["accept-ranges"] == "bytes"
        assert "immutable" in headers["cache-control"]
        assert ask(port, path, If_None_Match=f'W/"{digest}"')[0] == 304
        assert ask(port, path, If_None_Match='"other"')[0] == 200
        status, headers, body = ask(port, path, "HEAD")
        assert (status, headers["content-length"], body) == (200, str(len(content)), b"")


def test_parts_of_an_archive(hub, port):
    content = (hub / f"{HANDLE}.tar.gz").read_bytes()
    path = f"/{HANDLE}?tf-hub-format=compressed"
    for wanted, expected in (
        ("bytes=0-99", content[:100]),
        ("bytes=100-", content[100:]),
        ("bytes=-7", content[-7:]),
    ):
        status, headers, body = ask(port, path, Range=wanted)
        assert (status, body == expected) == (206, True)
        assert headers["content-range"].endswith(f"/{len(content)}")
    assert ask(port, path, Range=f"bytes={len(content)}-")[0] == 416
    tag = ask(port, path)[1]["etag"]
    assert ask(port, path, Range="bytes=0-9", If_Range=tag)[0] == 206
    assert ask(port, path, Range="bytes=0-9", If_Range='"old"')[0] == 200


def test_a_connection_is_used_again_after_an_archive(hub, port):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    for path in (f"/{HANDLE}.tar.gz", "/healthz", f"/{HANDLE}.tar.gz", "/"):
        connection.request("GET", path)
        answer = connection.getresponse()
        assert answer.status == 200
        length = len(answer.read())
        assert path != f"/{HANDLE}.tar.gz" or length == (hub / path[1:]).stat().st_size
    connection.close()


def test_another_event_loop_that_is_installed_is_not_taken(hub, tmp_path):
    """As uvloop, which uvicorn prefers, and which cannot send files."""
    (tmp_path / "uvloop.py").write_text(
        "import asyncio\n"
        "class Loop(asyncio.SelectorEventLoop):\n"
        "    async def sendfile(self, *arguments):\n"
        "        raise NotImplementedError\n"
        "new_event_loop = Loop\n"
    )
    with serving(hub, PYTHONPATH=str(tmp_path)) as (port, _):
        assert ask(port, f"/{HANDLE}.tar.gz")[2] == (hub / f"{HANDLE}.tar.gz").read_bytes()


def test_a_loop_that_cannot_send_files_gets_them_in_pieces():
    class Other(asyncio.AbstractEventLoop):
        pass

    asyncio.events._set_running_loop(Other())
    try:
        assert not sendfile._loop_can_send()
    finally:
        asyncio.events._set_running_loop(None)


def test_readers_that_go_away_do_no_harm(port):
    for _ in range(20):
        with socket.create_connection(("127.0.0.1", port)) as connection:
            connection.sendall(f"GET /{HANDLE}.tar.gz HTTP/1.1\r\nHost: a\r\n\r\n".encode())
            connection.recv(1000)
    assert ask(port, "/healthz")[2] == b"ok, 2 models\n"


def test_uncompressed_says_where(hub, port):
    status, _, body = ask(port, f"/{HANDLE}?tf-hub-format=uncompressed")
    assert (status, body) == (303, f"gs://bucket/models/{HANDLE}".encode())
    with serving(hub) as (other, _):
        assert ask(other, f"/{HANDLE}?tf-hub-format=uncompressed")[0] == 404
    assert ask(port, f"/{HANDLE}?tf-hub-format=zip")[0] == 400
    assert ask(port, f"/{HANDLE}?lite-format=tflite")[0] == 404


def test_pages_are_for_people(port):
    for path, words in (
        ("/", [HANDLE, "local/other"]),
        (f"/{HANDLE}", [f"http://127.0.0.1:{port}/{HANDLE}</code>", "saved_model.pb"]),
        (f"/{MODEL}", [f"http://127.0.0.1:{port}/{HANDLE}</code>"]),
        (f"/{MODEL}/4", [f"http://127.0.0.1:{port}/{MODEL}/4</code>", f'href="/{HANDLE}"']),
        (f"/{HANDLE}.html", [f"http://127.0.0.1:{port}/{HANDLE}</code>"]),
        ("/google/imagenet/", [HANDLE]),
    ):
        status, headers, body = ask(port, path)
        assert status == 200
        assert headers["content-type"] == "text/html; charset=utf-8"
        assert "default-src 'none'" in headers["content-security-policy"]
        for word in words:
            assert word in body.decode()
        assert "localhost:8080" not in body.decode()
    assert "local/other" not in ask(port, "/google")[2].decode()
    status, _, body = ask(port, f"/{MODEL}?tf-hub-format=compressed")
    assert status == 404
    assert body.startswith(b"name a version to load, such as http://127.0.0.1")


def test_a_wrong_version_is_answered_with_those_that_there_are(port):
    status, _, body = ask(port, f"/{MODEL}/9")
    assert status == 404
    for number in (4, 5):
        assert f'<a href="/{MODEL}/{number}">Version {number}</a>' in body.decode()
    status, _, body = ask(port, f"/{MODEL}/9?tf-hub-format=compressed")
    assert (status, body.decode()) == (404, f"{MODEL} has no such version; it has 5, 4\n")
    assert ask(port, f"/{MODEL}/9.tar.gz")[0] == 404
    assert "Version" not in ask(port, f"/{MODEL}/nine")[2].decode()


@pytest.mark.parametrize(
    ("accepted", "is_compressed"),
    [("gzip, br", True), ("br;q=1, GZIP;q=0.5", True), ("gzip;q=0", False), ("br", False)],
)
def test_pages_are_compressed_for_those_who_accept_it(port, accepted, is_compressed):
    status, headers, body = ask(port, "/", Accept_Encoding=accepted)
    assert (status, headers["vary"]) == (200, "accept-encoding")
    assert ("content-encoding" in headers) == is_compressed
    assert (gzip.decompress(body) if is_compressed else body) == ask(port, "/")[2]


def test_a_compressed_page_is_that_of_the_index_as_it_is(hub, tmp_path):
    copy = shutil.copytree(hub, tmp_path / "hub")
    with serving(copy) as (port, _):
        before = gzip.decompress(ask(port, "/", Accept_Encoding="gzip")[2])
        text = (copy / "index.json").read_text()
        (copy / "index.json").write_text(text.replace(f'"{MODEL}"', '"another/model"'))
        after = gzip.decompress(ask(port, "/", Accept_Encoding="gzip")[2])
    assert [MODEL.encode() in page for page in (before, after)] == [True, False]
    assert b"another/model" in after


def test_files_of_a_version(hub, port):
    for name in index.read(hub).models[MODEL][5].files:
        status, headers, body = ask(port, f"/{HANDLE}/{name}")
        assert (status, body) == (200, (hub / HANDLE / name).read_bytes())
        assert headers["etag"] == f'"{hashlib.sha256(body).hexdigest()}"'
    assert ask(port, f"/{HANDLE}.md")[2] == (hub / f"{HANDLE}.md").read_bytes()
    assert ask(port, "/index.json")[2] == (hub / "index.json").read_bytes()


@pytest.mark.parametrize(
    "path",
    [
        "/../secret",
        "/%2e%2e/secret",
        "/..%2fsecret",
        "/%2e%2e%2fsecret",
        f"/{HANDLE}/../../../../../../secret",
        f"/{HANDLE}/..%2f..%2f..%2f..%2f..%2f..%2fsecret",
        f"/{HANDLE}/%2e%2e/%2e%2e/%2e%2e/%2e%2e/%2e%2e/%2e%2e/secret",
        "//etc/hostname",
        "/etc/hostname",
        "/.slimhub/lock",
        "/%00",
        f"/{HANDLE}%00",
        f"/{HANDLE}/saved_model.pb%00.txt",
        f"/{HANDLE}/..\\..\\secret",
        f"/{MODEL}/05",
        f"/{MODEL}/5%0a",
        f"/{MODEL}/%D9%A5",
        f"/{HANDLE}/linked",
        f"/{HANDLE}/",
        "/" + "a" * 3000,
    ],
)
def test_nothing_else_is_readable(hub, port, path):
    (hub / HANDLE / "linked").unlink(missing_ok=True)
    (hub / HANDLE / "linked").symlink_to(hub.parent / "secret")
    status, _, body = ask(port, path)
    (hub / HANDLE / "linked").unlink()
    assert SECRET.encode() not in body
    assert status == (200 if path == f"/{HANDLE}/" else 404)


def test_links_that_lead_out_of_the_hub_are_not_followed(artifact, put, tmp_path):
    hub = tmp_path / "hub"
    put(artifact().path, hub)
    (tmp_path / "secret").write_text(SECRET)
    for name in (f"{HANDLE}.tar.gz", f"{HANDLE}.md", f"{HANDLE}/saved_model.pb"):
        (hub / name).unlink()
        (hub / name).symlink_to(tmp_path / "secret")
    with serving(hub) as (port, _):
        for path in (f"{HANDLE}.tar.gz", f"{HANDLE}.md", f"{HANDLE}/saved_model.pb", HANDLE):
            assert SECRET.encode() not in ask(port, f"/{path}")[2]
            assert ask(port, f"/{path}")[0] == 404


def test_evaluation_records_are_served_beside_a_version(hub, port):
    for suffix in ("", ".tflite"):
        name = f"local/other/1{suffix}.evaluation.json"
        assert ask(port, f"/{name}")[0] == 404
        (hub / name).write_text("{}")
        assert (ask(port, f"/{name}")[0], ask(port, f"/{name}")[2]) == (200, b"{}")


def test_other_methods_are_refused(port):
    for method in ("POST", "PUT", "DELETE", "OPTIONS"):
        status, headers, _ = ask(port, "/", method)
        assert (status, headers["allow"]) == (405, "GET, HEAD")


def test_hosts_are_not_trusted(port):
    page = ask(port, f"/{HANDLE}", Host='x"><script>alert(1)</script>')[2].decode()
    assert "<script>alert" not in page
    assert (
        ask(port, f"/{HANDLE}", Host="models.example:99")[2]
        .decode()
        .count(f"http://models.example:99/{HANDLE}")
    )


def test_behind_a_prefix(hub):
    options = ("--prefix=/models", "--url=https://models.example/models")
    with serving(hub, *options) as (port, _):
        page = ask(port, f"/models/{HANDLE}")[2].decode()
        assert f"https://models.example/models/{HANDLE}</code>" in page
        assert f'href="/models/{MODEL}/4"' in page
        assert ask(port, "/models")[0] == ask(port, "/models/")[0] == 200
        assert ask(port, f"/models/{HANDLE}?tf-hub-format=compressed")[0] == 200
        assert ask(port, f"/{HANDLE}")[0] == 200  # a proxy has taken the prefix off
        assert ask(port, "/modelsgoogle")[0] == 404
        assert ask(port, "/healthz")[0] == ask(port, "/models/healthz")[0] == 200


def test_what_is_published_meanwhile_is_served(artifact, put, tmp_path):
    hub = tmp_path / "hub"
    put(artifact().path, hub)
    with serving(hub) as (port, _):
        assert ask(port, "/local/new/1")[0] == 404
        put(artifact().path, hub, "local/new/1")
        assert ask(port, "/local/new/1")[0] == 200
        assert ask(port, "/healthz")[2] == b"ok, 2 models\n"
        (hub / "index.json").write_text("{")
        assert ask(port, "/healthz")[0] == ask(port, "/")[0] == 503


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_when_downloads_have_ended(artifact, put, tmp_path, number):
    hub = tmp_path / "hub"
    put(artifact().path, hub)
    size = 16_000_000  # more than the system's buffers take
    with (hub / f"{HANDLE}.tar.gz").open("ab") as archive:
        archive.truncate(size)
    with serving(hub) as (port, process):
        connection = socket.create_connection(("127.0.0.1", port))
        # A small window, so that most of the archive is still to be sent.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        connection.sendall(f"GET /{HANDLE}.tar.gz HTTP/1.1\r\nHost: a\r\n\r\n".encode())
        received = connection.recv(1000)
        process.send_signal(number)
        time.sleep(0.5)
        assert process.poll() is None
        while data := connection.recv(1 << 20):
            received += data
            if len(received) >= size + received.index(b"\r\n\r\n") + 4:
                break
        connection.close()
        assert len(received) == size + received.index(b"\r\n\r\n") + 4
        assert process.wait(20) == 0
        assert process.stderr.read() == "slimhub: press Ctrl-C to stop\n"


@pytest.mark.slow
def test_a_reader_that_stalls_does_not_hold_the_end_up(artifact, put, tmp_path):
    hub = tmp_path / "hub"
    put(artifact().path, hub)
    with (hub / f"{HANDLE}.tar.gz").open("ab") as archive:
        archive.truncate(64_000_000)  # more than the system's buffers take
    with serving(hub) as (port, process), socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        connection.connect(("127.0.0.1", port))
        connection.sendall(f"GET /{HANDLE}.tar.gz HTTP/1.1\r\nHost: a\r\n\r\n".encode())
        connection.recv(1000)
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
        assert process.stderr.read().count("\n") == 2  # uvicorn's is of what it cancelled


def test_many_downloads_at_once_keep_memory(artifact, hub):
    psutil = pytest.importorskip("psutil")
    expected = (hub / f"{HANDLE}.tar.gz").read_bytes()
    with serving(hub) as (port, process):
        server, wrong = psutil.Process(process.pid), []

        def download():
            for _ in range(4):
                url = f"http://127.0.0.1:{port}/{HANDLE}?tf-hub-format=compressed"
                with urllib.request.urlopen(url, timeout=60) as answer:
                    if answer.read() != expected:
                        wrong.append(url)

        ask(port, "/")
        before = server.memory_info().rss
        threads = [threading.Thread(target=download) for _ in range(32)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not wrong
        assert server.memory_info().rss - before < 2 * len(expected)


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (["--port=99999"], "--port=99999 must be between 0 and 65535"),
        (["--prefix=models"], "--prefix=models must be a path"),
        (["--gcs_base=s3://a"], "--gcs_base=s3://a must begin with gs://"),
        (["--url=models"], "--url=models must begin with"),
        (["--host=256.0.0.1"], "cannot listen at 256.0.0.1"),
    ],
)
def test_wrong_options_are_refused(hub, options, complaint):
    command = [sys.executable, "-m", "slimhub", "serve", str(hub), *options]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"slimhub: {complaint}")
    assert done.stderr.count("\n") == 1


def test_a_port_that_is_taken_and_a_folder_that_is_no_hub(hub, port, tmp_path):
    for folder, number, code, complaint in (
        (hub, port, 2, "cannot listen at 127.0.0.1"),
        (tmp_path, 0, 2, f"{tmp_path} is not a hub: it has no index.json"),
        (tmp_path, port, 2, f"{tmp_path} is not a hub: it has no index.json"),
    ):
        command = [sys.executable, "-m", "slimhub", "serve", str(folder), f"--port={number}"]
        done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, timeout=60)
        assert (done.returncode, done.stdout) == (code, "")
        assert done.stderr.startswith(f"slimhub: {complaint}")


LOAD = """
import os, sys
import numpy as np
import tensorflow_hub as hub
import tensorflow as tf
if not tf.executing_eagerly():
    tf.compat.v1.enable_v2_behavior()
images = np.random.RandomState(3).uniform(0, 1, (3, 128, 128, 3)).astype("f4")
answers = [hub.KerasLayer(where)(tf.constant(images)).numpy() for where in sys.argv[1:]]
assert answers[0].shape == (3, 256)
assert answers[0].tobytes() == answers[1].tobytes()
print("bitwise")
"""


def load_by_url(python, hub, port, cache):
    """Whether a release of TensorFlow gets the same numbers by URL as from the folder."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    environment |= {"TFHUB_CACHE_DIR": str(cache), "TFHUB_MODEL_LOAD_FORMAT": "COMPRESSED"}
    arguments = [f"http://127.0.0.1:{port}/{HANDLE}", str(hub / HANDLE)]
    done = subprocess.run(
        [python, "-c", LOAD, *arguments], env=environment, capture_output=True, text=True
    )
    return done.stdout.strip() == "bitwise", done.stderr


def test_a_model_is_loaded_by_its_url(hub, port, tmp_path):
    is_same, errors = load_by_url(sys.executable, hub, port, tmp_path / "cache")
    assert is_same, errors
    assert list((tmp_path / "cache").iterdir())


@pytest.mark.compatibility
def test_the_oldest_tensorflow_loads_a_model_by_its_url(hub, port, tmp_path):
    row = compatibility_rows.ROWS[0]
    interpreter = compatibility_rows.find_interpreter(row.python)
    if interpreter is None:
        pytest.skip(f"no Python {row.python}, which TensorFlow {row.tensorflow} needs")
    try:
        python = compatibility_rows.environment(row, interpreter, compatibility.default_cache())
    except RuntimeError as error:
        pytest.skip(f"TensorFlow {row.tensorflow} cannot be installed: {error}")
    is_same, errors = load_by_url(python, hub, port, tmp_path / "cache")
    assert is_same, errors
