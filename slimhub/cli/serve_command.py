"""`slimhub serve`: a hub over HTTP."""

from __future__ import annotations

import argparse
import contextlib
import gc
import logging
import re
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from slimhub.publish.hub.server_options import ServerOptions

_SHUTDOWN_SECONDS = 10  # for downloads that are under way
_BACKLOG = 256  # connections that wait to be accepted
_PREFIX = re.compile(r"(/[\w.~-]+)*", re.ASCII)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds this command's arguments."""
    parser.add_argument("hub", metavar="HUB", help="folder that `slimhub publish` writes")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen at")
    parser.add_argument(
        "--port", type=int, default=8080, help="port to listen at; 0 for any free one"
    )
    parser.add_argument(
        "--prefix", default="", help="path that the hub is served under, such as /models"
    )
    parser.add_argument(
        "--url", help="public address of the hub (default: the address of each request)"
    )
    parser.add_argument(
        "--gcs_base",
        metavar="gs://…",
        help="copy of the hub in a bucket, to which uncompressed loading is redirected",
    )
    parser.add_argument("--access_log", action="store_true", help="log every request")


def execute(arguments: argparse.Namespace) -> int:
    """Serves until it is stopped."""
    from slimhub.common import extras

    extras.need("starlette", "uvicorn", "httptools", "jinja2", "markdown_it", "pygments")
    options = _options(arguments)  # refused before the server is imported
    import uvicorn

    from slimhub.publish.hub.connections import LimitedConnection, most_connections
    from slimhub.publish.hub.sendfile import FileSending
    from slimhub.publish.hub.server import Application

    gc.enable()  # which `slimhub.cli.main` turns off for commands that end
    application = FileSending(Application(Path(arguments.hub), options))
    LimitedConnection.most = most_connections()
    with _listen(arguments.host, arguments.port) as listener:
        host, port = listener.getsockname()[:2]
        shown = f"[{host}]" if ":" in host else host
        print(f"serving {arguments.hub} at http://{shown}:{port}{arguments.prefix}/", flush=True)
        print("slimhub: press Ctrl-C to stop", file=sys.stderr, flush=True)
        logging.basicConfig(format="%(message)s", level=logging.WARNING)
        config = uvicorn.Config(
            application,
            http=LimitedConnection,
            backlog=_BACKLOG,  # without descriptors, asyncio complains once for each of these
            loop="asyncio",  # uvloop, which uvicorn would take if it is there, has no sendfile
            lifespan="off",
            ws="none",
            # Of what clients do wrong, only a log of everything tells: they could fill the disk.
            log_level="info" if arguments.access_log else "error",
            access_log=arguments.access_log,
            server_header=False,
            timeout_graceful_shutdown=_SHUTDOWN_SECONDS,
        )
        # When uvicorn has ended well it raises the signal that ended it once more.
        with contextlib.suppress(KeyboardInterrupt, SystemExit):
            uvicorn.Server(config).run(sockets=[listener])
    return 0


def _options(arguments: argparse.Namespace) -> ServerOptions:
    from slimhub.common.errors import RequestError
    from slimhub.publish.hub.server_options import ServerOptions

    if not 0 <= arguments.port <= 65535:
        raise RequestError(f"--port={arguments.port} must be between 0 and 65535")
    prefix = arguments.prefix.rstrip("/")
    if not _PREFIX.fullmatch(prefix):
        raise RequestError(f"--prefix={arguments.prefix} must be a path such as /models")
    if arguments.url and not arguments.url.startswith(("http://", "https://")):
        raise RequestError(f"--url={arguments.url} must begin with https:// or http://")
    if arguments.gcs_base and not re.match(r"gs://\w", arguments.gcs_base):
        raise RequestError(f"--gcs_base={arguments.gcs_base} must begin with gs://BUCKET")
    base = arguments.gcs_base and arguments.gcs_base.rstrip("/")
    return ServerOptions(prefix, arguments.url, base)


def _listen(host: str, port: int) -> socket.socket:
    from slimhub.common.errors import RequestError

    try:
        family, kind, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
            listener.listen(_BACKLOG)
        except BaseException:
            listener.close()
            raise
    except OSError as error:
        reason = error.strerror or error
        raise RequestError(
            f"cannot listen at {host}:{port}: {reason}; name another --port or --host"
        ) from error
    return listener
