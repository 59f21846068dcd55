"""Stores on loopback, and what is put there."""

import asyncio
import os
import types

import pytest

from slimhub.publish.destinations import delivery, targets
from tests.fixtures import store_places

HANDLE = "google/imagenet/net/feature_vector/5"  # of artifacts of any network


@pytest.fixture
def home(monkeypatch, tmp_path):
    """No credentials but a test's own."""
    for name in list(os.environ):
        if name.startswith(("AWS_", "GOOGLE_", "GCE_", "CLOUDSDK_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("TFHUB_CACHE_DIR", str(tmp_path / "cache"))


@pytest.fixture(params=["s3", "gs", "file"])
def place(request, monkeypatch, tmp_path, home):
    """Each kind of store."""
    yield from _made(request.param, monkeypatch, tmp_path)


@pytest.fixture(params=["s3", "gs"])
def remote(request, monkeypatch, tmp_path, home):
    """Each kind of store that is asked over the network."""
    yield from _made(request.param, monkeypatch, tmp_path)


def _made(scheme, monkeypatch, folder):
    with getattr(store_places, scheme)(folder) as place:
        for name, value in place.environment.items():
            monkeypatch.setenv(name, value)
        yield place


@pytest.fixture
def impatient(monkeypatch):
    """gcsfs waits half a minute in all before it gives up, and has no setting for that."""
    import gcsfs.retry

    pause = types.SimpleNamespace(sleep=lambda _: asyncio.sleep(0.01))
    monkeypatch.setattr(gcsfs.retry, "asyncio", pause)


def begin(folder, place, handle=HANDLE, **options):
    """A destination, what is to be published there, and the plan."""
    destination = targets.parse(place.target)
    package = delivery.pack(folder, delivery.PublishOptions(handle=handle, **options))
    destination.check_credentials()
    destination.check(package)
    return destination, package, destination.plan(package)


def put(folder, place, handle=HANDLE, **options):
    """Publishes, and gives the plan and what was told of the progress."""
    destination, package, plan = begin(folder, place, handle, **options)
    told = []
    destination.send(package, plan, lambda *what: told.append(what))
    destination.confirm(package, plan)
    return plan, told
