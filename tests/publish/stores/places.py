"""Stores on loopback, as users' environments would lead to the real ones."""

from __future__ import annotations

import contextlib
import dataclasses
import http.server
import json
import threading
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tests.publish.stores.faulty import Proxy, proxy

BUCKET = "some-bucket"
SECRETS = {
    "s3": ("FAKESECRETs3keyFAKESECRET", "FAKESECRETs3sessionFAKESECRET"),
    "gs": ("FAKESECRETgcsbearerFAKESECRET",),
    "file": (),
}
_ID = "AKIAFAKEFAKEFAKEFAKE"


@dataclasses.dataclass
class Place:
    """A store.

    Attributes:
      scheme: of its target.
      target: a prefix in it.
      environment: variables that lead there, with credentials.
      proxy: in front of it; None for a folder.
      open: gives a client of its files.
    """

    scheme: str
    target: str
    environment: dict[str, str]
    proxy: Proxy | None
    open: Callable[[], Any]

    @property
    def root(self) -> str:
        """The prefix, as its client takes it."""
        return self.target.partition("://")[2]

    def files(self) -> dict[str, bytes]:
        """What is below the prefix."""
        client = self.open()
        found = client.find(self.root)
        return {path[len(self.root) + 1 :]: client.cat_file(path) for path in found}


@contextlib.contextmanager
def s3(folder: Path) -> Iterator[Place]:
    """Amazon's protocol, by moto."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    # What servers before this one held in the same process, it would hold as well.
    urllib.request.urlopen(f"http://{host}:{port}/moto-api/reset", data=b"").close()
    try:
        with proxy(f"{host}:{port}") as front:
            key, token = SECRETS["s3"]
            environment = {
                "AWS_ACCESS_KEY_ID": _ID,
                "AWS_SECRET_ACCESS_KEY": key,
                "AWS_SESSION_TOKEN": token,
                "AWS_ENDPOINT_URL": front.url,
                "AWS_MAX_ATTEMPTS": "2",
            }

            def client() -> Any:
                import s3fs

                return s3fs.S3FileSystem(
                    key=_ID,
                    secret="other",
                    endpoint_url=f"http://{host}:{port}",
                    skip_instance_cache=True,
                    use_listings_cache=False,
                )

            client().mkdir(BUCKET)
            yield Place("s3", f"s3://{BUCKET}/models", environment, front, client)
    finally:
        server.stop()


@contextlib.contextmanager
def gs(folder: Path) -> Iterator[Place]:
    """Google's protocol, by gcp-storage-emulator; credentials of a service account."""
    from gcp_storage_emulator.server import create_server

    server = create_server("127.0.0.1", 0, in_memory=True, default_bucket=BUCKET)
    server.start()
    port = server._api._httpd.server_address[1]
    try:
        with proxy(f"127.0.0.1:{port}") as front, _tokens() as token_url:
            environment = {
                "STORAGE_EMULATOR_HOST": front.url,
                "GOOGLE_APPLICATION_CREDENTIALS": str(_account(folder, token_url)),
                "GCSFS_EXPERIMENTAL_ZB_HNS_SUPPORT": "false",
            }

            def client() -> Any:
                from gcsfs.core import GCSFileSystem

                return GCSFileSystem(
                    token="anon",
                    endpoint_url=f"http://127.0.0.1:{port}",
                    skip_instance_cache=True,
                    use_listings_cache=False,
                )

            yield Place("gs", f"gs://{BUCKET}/models", environment, front, client)
    finally:
        server.stop()


@contextlib.contextmanager
def file(folder: Path) -> Iterator[Place]:
    """A folder."""
    from fsspec.implementations.local import LocalFileSystem

    yield Place("file", f"file://{folder}/site", {}, None, LocalFileSystem)


def _account(folder: Path, token_url: str) -> Path:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(65537, 2048).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    content = {
        "type": "service_account",
        "project_id": "none",
        "client_email": "nobody@none.example",
        "private_key": key.decode(),
        "token_uri": token_url,
    }
    path = folder / "account.json"
    path.write_text(json.dumps(content))
    return path


@contextlib.contextmanager
def _tokens() -> Iterator[str]:
    """The service that gives a bearer token for a service account's assertion."""
    (bearer,) = SECRETS["gs"]

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            answer = {"access_token": bearer, "expires_in": 3600, "token_type": "Bearer"}
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(json.dumps(answer).encode())

        def log_message(self, *arguments: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/token"
        server.shutdown()
