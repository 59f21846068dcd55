"""An artifact that is exchanged while it is published is not published in parts of both."""

import shutil

import pytest

from slimhub.common.errors import PublishError
from slimhub.publish.hub import hub_changes, index
from tests.fixtures import hubs
from tests.publish.conftest import HANDLE


@pytest.fixture
def copy(artifact, tmp_path):
    shutil.copytree(artifact().path, tmp_path / "copy")
    return tmp_path / "copy"


@pytest.mark.parametrize("moment", ["before the lock", "while it is written"])
def test_nothing_is_published(copy, tmp_path, monkeypatch, moment):
    hub = tmp_path / "hub"
    destination, package, plan = hubs.begin(copy, hub, HANDLE)
    pages = copy / "assets.extra" / "slimhub.json"
    exchanged = pages.read_text() + "\n"
    if moment == "before the lock":
        destination._archive = None  # as of another run, whose plan is older
        pages.write_text(exchanged)
    else:
        find = hub_changes.find

        def exchange(*arguments):
            found = find(*arguments)
            pages.write_text(exchanged)
            return found

        monkeypatch.setattr(hub_changes, "find", exchange)
    with pytest.raises(PublishError, match="changed while it was"):
        destination.send(package, plan, lambda *_: None)
    assert index.read(hub) is None
    assert not (hub / HANDLE).exists()
