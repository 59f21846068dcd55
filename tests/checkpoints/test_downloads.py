"""URLs, from a real server on this machine and through TensorFlow's file systems."""

import contextlib
import gzip
import hashlib
import http.server
import os
import shutil
import socket
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from slimhub import checkpoints
from slimhub.checkpoints import CheckpointError, downloads, file_copies, transfer_limits
from slimhub.common import scratch
from tests.checkpoints.conftest import PLAIN, files_below, make, make_v1, tar

SECRETS = ("someone", "pass-word", "to-ken", "frag-ment")
NOWHERE = "0" * 64
LEFT = ".a.tgz.slimhub-0123456789abcdef"  # by a killed run


class Server(http.server.ThreadingHTTPServer):
    """Serves contents by path; counts requests, and cuts a connection where asked."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.contents, self.requests, self.cut = {}, [], False

    def url(self, path, user="", query=""):
        return f"http://{user}127.0.0.1:{self.server_port}{path}{query}"


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        path = self.path.partition("?")[0]
        self.server.requests.append(path)
        content = self.server.contents.get(path)
        if content is None:
            self.send_error(404, "Not Found")
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content[: len(content) // 2] if self.server.cut else content)

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    server = Server()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def archive(folder, tmp_path):
    return tar(tmp_path / "a.tgz", folder).read_bytes()


@pytest.fixture
def cache(tmp_path):
    return tmp_path / "cache"


def assert_nothing_kept(cache):
    assert not cache.exists() or list(cache.iterdir()) == []


def refused(url, match, cache, **options):
    with pytest.raises(CheckpointError, match=match) as caught:
        checkpoints.open(url, cache=cache, **options)
    message = str(caught.value)
    assert not any(secret in message for secret in SECRETS)
    return message


def test_an_archive_is_downloaded_with_progress_and_once(server, archive, cache):
    server.contents["/models/a.tgz"] = archive
    url, reports = server.url("/models/a.tgz"), []
    for _ in range(2):
        with checkpoints.open(url, cache=cache, progress=lambda *r: reports.append(r)) as opened:
            assert opened.label == "published/model.ckpt-7"
            assert opened.source_name == url
            assert opened.source_sha256 == hashlib.sha256(archive).hexdigest()
            assert list(opened.tensors) == sorted(PLAIN)
    assert server.requests == ["/models/a.tgz"]
    assert {(what, total) for what, _, total in reports} == {("a.tgz", len(archive))}
    done = [done for _, done, _ in reports]
    assert done == sorted(done)
    assert done[-1] == len(archive)


@pytest.mark.parametrize(
    ("kind", "name"), [("frozen", "model.pb"), ("keras h5", "w.h5"), ("hub module", "a.zip")]
)
def test_other_kinds_of_weights_are_downloaded(server, cache, weight_source, tmp_path, kind, name):
    source = weight_source(kind)
    path = source.path
    if path.is_dir():
        path = Path(shutil.make_archive(str(tmp_path / "a"), "zip", path))
    server.contents[f"/{name}"] = path.read_bytes()
    with checkpoints.open(server.url(f"/{name}"), cache=cache) as opened:
        assert opened.format == source.format
        assert opened.source_name == server.url(f"/{name}")
        variable = "MobilenetV1/Conv2d_0/weights"
        np.testing.assert_array_equal(opened.read(variable), source.values[variable])


def test_a_download_is_written_where_the_next_one_cleans_up(server, cache, monkeypatch):
    server.contents["/a.tgz"] = b"content"
    (left := downloads._place(server.url("/a.tgz"), cache).parent / LEFT).mkdir(parents=True)
    os.utime(left, (0, 0))
    download, seen = downloads._download, []

    def look(url, file, *others):
        seen.extend(left.parent.iterdir())
        download(url, file, *others)

    monkeypatch.setattr(downloads, "_download", look)
    path = downloads.fetch(server.url("/a.tgz"), None, cache, None)
    assert left not in seen
    assert [scratch.STAGE.fullmatch(folder.name) is not None for folder in seen] == [True]
    assert list(left.parent.iterdir()) == [path]
    assert path.read_bytes() == b"content"


def test_two_archives_of_one_name_are_kept_apart(server, archive, cache, tmp_path):
    make(tmp_path / "other" / "model.ckpt-99")
    other = tar(tmp_path / "other.tgz", tmp_path / "other").read_bytes()
    server.contents = {"/one/a.tgz": archive, "/two/a.tgz": other}
    for path, label in (("/one/a.tgz", "published/model.ckpt-7"), ("/two/a.tgz", "other/model.")):
        with checkpoints.open(server.url(path), cache=cache) as opened:
            assert opened.label.startswith(label)


def test_the_users_cache_folder_is_the_default(server, archive, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home"))
    server.contents["/a.tgz"] = archive
    checkpoints.open(server.url("/a.tgz")).close()
    assert [path.name for path in (tmp_path / "home" / "slimhub").iterdir()]


def test_the_right_digest_is_accepted(server, archive, cache):
    server.contents["/a.tgz"] = archive
    digest = hashlib.sha256(archive).hexdigest()
    for sha256 in (digest, digest.upper()):
        checkpoints.open(server.url("/a.tgz"), cache=cache, sha256=sha256).close()
    assert len(server.requests) == 1


def test_another_digest_is_refused_and_nothing_is_kept(server, archive, cache):
    server.contents["/a.tgz"] = archive
    match = f"^the download from http://127.* does not have the sha256 {NOWHERE}: check the digest"
    refused(server.url("/a.tgz"), match, cache, sha256=NOWHERE)
    assert_nothing_kept(cache)


def test_a_cached_copy_of_another_digest_is_fetched_again(server, archive, cache):
    server.contents["/a.tgz"] = b"what was there before"
    refused(server.url("/a.tgz"), "is neither a checkpoint nor an archive", cache)
    server.contents["/a.tgz"] = archive
    digest = hashlib.sha256(archive).hexdigest()
    checkpoints.open(server.url("/a.tgz"), cache=cache, sha256=digest).close()


@pytest.mark.parametrize("content", [b"", b"<html>sign in</html>", b"\x1f\x8b\x08damaged"])
def test_a_download_that_is_refused_is_not_kept(server, archive, cache, content):
    server.contents["/a.tgz"] = content
    message = refused(server.url("/a.tgz"), "a.tgz", cache)
    assert_nothing_kept(cache)
    assert "empty" in message or "nor an archive" in message or "damaged" in message
    server.contents["/a.tgz"] = archive
    checkpoints.open(server.url("/a.tgz"), cache=cache).close()


def test_a_download_of_which_the_choice_is_unclear_is_kept(server, archive, cache):
    server.contents["/a.tgz"] = archive
    refused(server.url("/a.tgz"), "no checkpoint matching 'raw'", cache, name="raw")
    checkpoints.open(server.url("/a.tgz"), cache=cache).close()
    assert server.requests == ["/a.tgz"]


def test_discarding_leaves_other_downloads_alone(server, archive, cache):
    server.contents = {"/a.tgz": archive, "/b/a.tgz": b"damaged"}
    checkpoints.open(server.url("/a.tgz"), cache=cache).close()
    before = files_below(cache)
    refused(server.url("/b/a.tgz"), "^a.tgz is neither a checkpoint nor", cache)
    assert files_below(cache) == before


@pytest.mark.parametrize("path", ["/", "/a/", "/.."])
def test_a_url_without_a_file_name_stays_in_the_cache(server, archive, cache, path):
    server.contents = dict.fromkeys(("/", "/a/", "/.."), archive)
    with checkpoints.open(server.url(path), cache=cache) as opened:
        assert opened.label == "published/model.ckpt-7"
    assert [name.rpartition("/")[2] for name in files_below(cache)][1:] == ["download"]


def test_a_v1_file_is_called_by_its_own_name(server, cache, tmp_path):
    server.contents["/model.ckpt"] = make_v1(tmp_path / "model.ckpt").read_bytes()
    with checkpoints.open(server.url("/model.ckpt"), cache=cache) as opened:
        assert opened.label == "model.ckpt"


def test_one_file_of_several_is_refused(server, folder, cache):
    server.contents["/model.index"] = (folder / "model.ckpt-7.index").read_bytes()
    refused(server.url("/model.index"), r"model\.data-00000-of-00001 is missing", cache)
    assert_nothing_kept(cache)


def test_what_is_not_there_is_refused(server, cache):
    refused(
        server.url("/b.tgz"),
        r"^http://127.*/b\.tgz returned HTTP status 404 Not Found: check the URL$",
        cache,
    )
    assert_nothing_kept(cache)


def test_a_server_that_is_not_there_is_refused(cache):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}/a.tgz"
        match = r"could not download .* \(ConnectionError\): check the URL and your network"
        refused(url, match, cache)
    assert_nothing_kept(cache)


def test_a_connection_that_is_cut_leaves_no_file(server, archive, cache):
    server.contents["/a.tgz"] = archive
    server.cut = True
    refused(server.url("/a.tgz"), "could not download .* run the command again", cache)
    assert_nothing_kept(cache)
    server.cut = False
    checkpoints.open(server.url("/a.tgz"), cache=cache).close()


@pytest.mark.parametrize("path", ["/a.tgz", "/absent.tgz", "/damaged.tgz"])
def test_credentials_and_query_are_never_shown(server, archive, cache, path):
    server.contents = {"/a.tgz": archive, "/damaged.tgz": b"\x1f\x8b"}
    url = server.url(path, "someone:pass-word@", "?key=to-ken#frag-ment")
    if path == "/a.tgz":
        with checkpoints.open(url, cache=cache) as opened:
            assert opened.source_name == server.url(path)
    else:
        refused(url, path.strip("/"), cache)
    kept = " ".join(files_below(cache)) if cache.exists() else ""
    assert not any(secret in kept for secret in SECRETS)


def test_credentials_are_not_shown_when_the_digest_or_the_server_is_wrong(server, archive, cache):
    server.contents["/a.tgz"] = archive
    for user, sha256 in (("someone:pass-word@", NOWHERE), ("someone:pass-word@no-", None)):
        url = server.url("/a.tgz", user, "?key=to-ken")
        refused(url, "digest|could not download", cache, sha256=sha256)


@pytest.mark.parametrize("url", ["http://", "http:///a.tgz", "http://[::1/a.tgz", "http://a b/c"])
def test_a_malformed_url_is_refused(url, cache):
    refused(url, "check the URL", cache)


def test_a_cache_folder_that_cannot_be_made_is_refused(server, archive, tmp_path):
    (tmp_path / "cache").write_text("a file")
    server.contents["/a.tgz"] = archive
    refused(
        server.url("/a.tgz"), "^cannot write http://.* to the cache: ", tmp_path / "cache" / "b"
    )


@pytest.fixture
def ram(tmp_path):
    """A folder in TensorFlow's memory file system, which stands in for gs."""
    import tensorflow as tf

    folder = f"ram://{tmp_path.name}"
    tf.io.gfile.makedirs(folder)

    def put(path):
        url = f"{folder}/{path.name}"
        if tf.io.gfile.exists(url):  # the memory file system does not truncate
            tf.io.gfile.remove(url)
        tf.io.gfile.copy(str(path), url)
        return url

    return put


def test_an_archive_is_read_through_tensorflow(ram, folder, tmp_path, cache):
    path = tar(tmp_path / "a.tgz", folder)
    url, reports = ram(path), []
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    for sha256 in (None, digest):
        options = {"cache": cache, "progress": lambda *r: reports.append(r), "sha256": sha256}
        with checkpoints.open(url, **options) as opened:
            assert opened.label == "published/model.ckpt-7"
            assert opened.source_name == url
            assert opened.source_sha256 == digest
    size = path.stat().st_size
    assert reports == [("a.tgz", size, size)]  # once: the second time it is in the cache


def test_progress_through_tensorflow_is_in_bytes(ram, folder, tmp_path, cache, monkeypatch):
    monkeypatch.setattr(file_copies, "_BLOCK", 100)
    path = tar(tmp_path / "a.tgz", folder)
    size, reports = path.stat().st_size, []
    checkpoints.open(ram(path), cache=cache, progress=lambda *r: reports.append(r)).close()
    amounts = [done for _, done, _ in reports]
    assert amounts == [*range(100, size, 100), size]
    assert {total for _, _, total in reports} == {size}


def test_a_prefix_is_read_through_tensorflow(ram, folder, cache):
    paths, reports = list(folder.glob("model.*")), []
    urls = [ram(path) for path in paths]
    prefix = urls[0].rpartition(".")[0]
    with checkpoints.open(prefix, cache=cache, progress=lambda *r: reports.append(r)) as opened:
        assert opened.label == "model.ckpt-7"
        assert opened.source_name == prefix
        assert list(opened.tensors) == sorted(PLAIN)
    with checkpoints.open(folder) as local:
        assert opened.source_sha256 == local.source_sha256
    total = sum(path.stat().st_size for path in paths)
    assert {name for name, _, _ in reports} == {path.name for path in paths}
    assert reports[-1][1:] == (total, total)


def test_what_tensorflow_finds_nothing_at_is_refused(ram, folder, cache):
    url = ram(folder / "frozen.pb").replace("frozen.pb", "absent")
    refused(
        url,
        "^nothing found at ram://.*absent: pass the URL of an archive or a checkpoint prefix$",
        cache,
    )
    assert_nothing_kept(cache)


def test_another_digest_through_tensorflow_is_refused_and_nothing_is_kept(
    ram, folder, tmp_path, cache
):
    url = ram(tar(tmp_path / "a.tgz", folder))
    refused(url, f"^a.tgz has the sha256 .*, not {NOWHERE}: ", cache, sha256=NOWHERE)
    assert_nothing_kept(cache)


def test_what_was_replaced_is_read_again_through_tensorflow_with_its_digest(
    ram, folder, tmp_path, cache
):
    path = tar(tmp_path / "a.tgz", folder)
    checkpoints.open(ram(path), cache=cache).close()
    make(folder / "model.ckpt-8")
    digest = hashlib.sha256(tar(path, folder).read_bytes()).hexdigest()
    with checkpoints.open(ram(path), cache=cache, sha256=digest) as opened:
        assert opened.source_sha256 == digest


def test_an_unknown_scheme_is_refused_and_shows_no_secrets(cache):
    url = "nowhere://someone:pass-word@host/a.tgz?key=to-ken"
    refused(url, "^could not read nowhere://host/a.tgz: ", cache)
    assert_nothing_kept(cache)


class Dripping(Handler):
    """Sends its content byte by byte, without an end."""

    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        with contextlib.suppress(OSError):
            for _ in range(2000):
                self.wfile.write(b"a")
                time.sleep(0.005)


def test_a_server_that_drips_is_left(server, cache, monkeypatch):
    server.RequestHandlerClass = Dripping
    monkeypatch.setattr(transfer_limits, "_PATIENCE", 0.1)
    refused(server.url("/a.tgz"), "a.tgz came at less than 4,096 bytes a second", cache)
    assert_nothing_kept(cache)


class Raw(Handler):
    """Sends what comes before or after the content in small pieces."""

    before, after = b"", b""

    def do_GET(self):
        self.wfile.write(b"HTTP/1.1 200 OK\r\n" + self.before)
        with contextlib.suppress(OSError):
            for _ in range(400):
                self.wfile.write(self.after)
                time.sleep(0.005)


class DrippingHeaders(Raw):
    after = b"x"


class DrippingTrailers(Raw):
    before, after = b"Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n", b"x: y\r\n"


class DrippingLate(Raw):
    """Fast at first, which excuses nothing; ended by us, its body has no other end."""

    before, after = b"\r\n" + bytes(1 << 20), b"a"


@pytest.mark.parametrize("handler", [DrippingHeaders, DrippingTrailers, DrippingLate])
def test_a_server_that_drips_anywhere_is_left(server, cache, monkeypatch, handler):
    server.RequestHandlerClass = handler
    monkeypatch.setattr(transfer_limits, "_PATIENCE", 0.1)
    start = time.monotonic()
    refused(server.url("/a.tgz"), "a.tgz came at less than 4,096 bytes a second", cache)
    assert time.monotonic() - start < 1.5
    assert_nothing_kept(cache)


def test_a_transfer_that_takes_too_long_is_left(server, cache, monkeypatch):
    server.RequestHandlerClass = DrippingLate
    monkeypatch.setattr(transfer_limits, "_SLOWEST", 0)
    monkeypatch.setattr(transfer_limits, "_PATIENCE", 0.1)
    monkeypatch.setattr(transfer_limits, "_LONGEST", 0.2)
    refused(server.url("/a.tgz"), "or took longer than 0 hours", cache)


@pytest.mark.parametrize("kind", ["pipe", "device"])
def test_what_has_no_end_on_this_machine_is_refused(tmp_path, cache, kind):
    path = tmp_path / "a.tgz"
    os.mkfifo(path) if kind == "pipe" else path.symlink_to("/dev/zero")
    refused(path.as_uri(), r"^could not read file://.*a.tgz: it is a pipe or a device", cache)
    assert_nothing_kept(cache)


def test_a_file_of_this_machine_is_read_and_bounded(folder, tmp_path, cache, monkeypatch):
    path = tar(tmp_path / "a.tgz", folder)
    with checkpoints.open(path.as_uri(), cache=cache) as opened:
        assert opened.label == "published/model.ckpt-7"
    with checkpoints.open((folder / "model.ckpt-7").as_uri(), cache=cache) as opened:
        assert opened.label == "model.ckpt-7"
    monkeypatch.setattr(transfer_limits, "MAX_BYTES", 100)
    refused(path.as_uri(), "a.tgz has more than 100 bytes", tmp_path / "other")
    assert_nothing_kept(tmp_path / "other")


@pytest.mark.parametrize("stated", [True, False])
def test_a_download_is_bounded(server, archive, cache, monkeypatch, stated):
    monkeypatch.setattr(transfer_limits, "MAX_BYTES", 100)
    if not stated:
        monkeypatch.setattr(Handler, "send_header", lambda *_: None)
    server.contents["/a.tgz"] = archive
    refused(server.url("/a.tgz"), "a.tgz has more than 100 bytes", cache)
    assert_nothing_kept(cache)


class Compressed(Handler):
    """Sends gzip though it was not asked for."""

    def do_GET(self):
        content = gzip.compress(self.server.contents[self.path])
        self.send_response(200)
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


def test_progress_of_a_compressed_answer_has_no_total(server, archive, cache):
    server.RequestHandlerClass, server.contents["/a.tgz"] = Compressed, archive + bytes(9 << 20)
    reports = []
    checkpoints.open(server.url("/a.tgz"), cache=cache, progress=lambda *r: reports.append(r))
    assert {total for _, _, total in reports} == {None}
    assert 0 < len(reports) < 12
