"""The processes of a zoo on this machine admit nobody else."""

import os
import subprocess
import sys
import urllib.request

import psutil
import pytest
from distributed import Client
from distributed.security import Security

from slimhub.export import Request
from slimhub.zoo import Job, clusters

PLAN = [Job("out", "table", Request("net", "in", "out"), 1_000_000_000)]
_AS_ANOTHER = """
import os, sys
from distributed import Client
if os.geteuid() == 0:
    os.setuid(65534)
try:
    Client(sys.argv[1], timeout=5)
except Exception as error:
    print(type(error).__name__)
"""


@pytest.fixture(scope="module")
def client():
    with clusters.local(1, 2_000_000_000, PLAN) as client:
        yield client


def test_the_owner_is_admitted(client):
    assert client.submit(pow, 2, 5).result(timeout=60) == 32


def test_certificates_of_others_are_refused(client):
    with pytest.raises(OSError, match="certificate"):
        Client(client.scheduler.address, security=Security.temporary(), timeout=5)


def test_another_user_is_refused(client):
    """As another user where these tests run as root; without certificates it is nobody to Dask."""
    plain = client.scheduler.address.replace("tls://", "tcp://")
    assert plain != client.scheduler.address
    finished = subprocess.run(
        [sys.executable, "-c", _AS_ANOTHER, plain], capture_output=True, text=True, check=False
    )
    assert finished.stdout.strip() in ("CommClosedError", "OSError"), finished.stderr


def test_nothing_is_told_over_http(client):
    """Everything that listens, in this process and its workers, answers nothing but errors."""
    processes = [psutil.Process(os.getpid()), *psutil.Process(os.getpid()).children(True)]
    ports = {
        connection.laddr.port
        for process in processes
        for connection in process.net_connections()
        if connection.status == psutil.CONN_LISTEN
    }
    assert len(ports) >= 3  # of scheduler, worker and nanny
    for port in ports:
        for path in ("/", "/info/main/workers.html", "/json/identity.json", "/health"):
            try:
                told = urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5).read()
            except OSError:  # HTTP 404, or no HTTP at all
                continue
            pytest.fail(f"{path}: {told[:200]}")


@pytest.mark.parametrize(
    ("address", "is_encrypted"),
    [("tls://host:1", True), ("tcp://host:1", False), ("host:1", False), ("ws://host", False)],
)
def test_only_tls_is_encrypted(address, is_encrypted):
    assert clusters.is_encrypted(address) is is_encrypted
