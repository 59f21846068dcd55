"""A journal that somebody else wrote moves nothing into a hub or out of it."""

import json

import pytest

from slimhub.common.errors import PublishError
from slimhub.publish.hub import hub_folder, journal


@pytest.fixture
def hub(tmp_path):
    hub = tmp_path / "hub"
    stage = hub / journal.FOLDER / "stage-00000000"
    stage.mkdir(parents=True)
    (stage / "1").write_text("content")
    (hub / "kept").write_text("kept")
    (tmp_path / "outside").mkdir()
    (hub / "link").symlink_to(tmp_path / "outside")
    return hub


def plant(hub, stage="stage-00000000", name="1", target="a", removals=()):
    content = {"stage": stage, "moves": [(name, target)], "removals": list(removals)}
    (hub / journal.FOLDER / journal.FILE).write_text(json.dumps(content))


@pytest.mark.parametrize(
    "bad",
    [
        {"stage": "../.."},
        {"stage": "/etc"},
        {"stage": "stage-0000000g"},
        {"name": "../../../outside"},
        {"name": "/etc/passwd"},
        {"name": 1},
        {"target": "../outside/a"},
        {"target": "/tmp/a"},
        {"target": "link/a"},
        {"target": ".slimhub/lock"},
        {"target": ""},
        {"target": "a\0b"},
        {"removals": ["../outside"]},
        {"removals": ["link/a"]},
        {"removals": [3]},
    ],
    ids=str,
)
def test_what_leads_elsewhere_is_refused(tmp_path, hub, bad):
    before = sorted(tmp_path.rglob("*"))
    plant(hub, **bad)
    with pytest.raises(PublishError, match="is damaged"):
        journal.recover(hub)
    assert sorted(tmp_path.rglob("*")) == sorted([*before, hub / journal.FOLDER / journal.FILE])


def test_a_linked_folder_of_stages_is_refused(tmp_path, hub):
    (hub / journal.FOLDER).rename(tmp_path / "elsewhere")
    (hub / journal.FOLDER).symlink_to(tmp_path / "elsewhere")
    plant(hub)
    with pytest.raises(PublishError, match="is a link"):
        journal.recover(hub)
    assert not (hub / "a").exists()


def change(hub):
    with hub_folder.changing(hub):
        pass


@pytest.mark.parametrize("act", [journal.recover, hub_folder.has_remains, change])
def test_without_a_journal_a_linked_folder_loses_nothing(tmp_path, hub, act):
    (hub / journal.FOLDER).rename(tmp_path / "elsewhere")
    (hub / journal.FOLDER).symlink_to(tmp_path / "elsewhere")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(PublishError, match="is a link"):
        act(hub)
    assert sorted(tmp_path.rglob("*")) == before  # and no lock in it


def test_only_stages_are_removed(tmp_path, hub):
    (hub / journal.FOLDER / "stage-production").mkdir()
    (hub / journal.FOLDER / "stage-11111111").symlink_to(tmp_path / "outside")
    assert not journal.recover(hub)
    left = sorted(path.name for path in (hub / journal.FOLDER).iterdir())
    assert left == ["stage-11111111", "stage-production"]


def test_moves_inside_are_made(hub):
    plant(hub, removals=["kept"])
    assert journal.recover(hub)
    assert (hub / "a").read_text() == "content"
    assert not (hub / "kept").exists()
