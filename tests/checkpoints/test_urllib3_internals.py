"""What slimhub needs of urllib3 beyond its public API is there, and does what it should."""

import socket

import pytest
import requests
import urllib3

from slimhub.checkpoints import urllib3_internals

MISSING = f"slimhub needs this of urllib3, and {urllib3.__version__} does not have it: "


class Watching:
    """Limits that count connections."""

    def __init__(self):
        self.connections = []

    def watch(self, connection):
        self.connections.append(connection.getpeername())
        raise TimeoutError  # what follows is not needed


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("is_proxy", [False, True])
def test_a_connection_is_known_from_its_first_moment(monkeypatch, scheme, is_proxy):
    with socket.create_server(("127.0.0.1", 0)) as server:
        host = f"127.0.0.1:{server.getsockname()[1]}"
        limits = Watching()
        monkeypatch.setenv("no_proxy", "" if is_proxy else "*")
        monkeypatch.setenv(f"{scheme}_proxy", f"http://{host}")
        url = f"{scheme}://elsewhere.invalid/a" if is_proxy else f"{scheme}://{host}/a"
        with (
            urllib3_internals.opened(limits) as session,
            pytest.raises((requests.RequestException, OSError)),
        ):
            session.get(url, timeout=2)
        assert limits.connections == [server.getsockname()], f"{MISSING}_new_conn"
