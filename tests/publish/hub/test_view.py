"""What is read of a hub while others change it."""

import filelock
import pytest

from slimhub.common.errors import PublishError
from slimhub.publish.hub import journal, view


@pytest.fixture
def hub(tmp_path):
    (tmp_path / journal.FOLDER).mkdir()
    (tmp_path / "index.json").write_text("old")
    return tmp_path


def replace(path, text):
    path.with_suffix(".new").write_text(text)
    path.with_suffix(".new").replace(path)


def test_what_changes_meanwhile_is_read_again(hub):
    seen = []

    def read(found):
        seen.append(found.path("index.json").read_text())
        if len(seen) == 1:
            replace(hub / "index.json", "new")
        return seen[-1]

    assert view.steady(hub, read) == "new"
    assert seen == ["old", "new"]


def test_what_is_missing_while_it_changes_is_read_again(hub):
    tries = []

    def read(found):
        tries.append(found)
        if len(tries) == 1:
            replace(hub / "index.json", "new")
            raise FileNotFoundError("a file that was moved")
        return "whole"

    assert view.steady(hub, read) == "whole"


@pytest.mark.parametrize("error", [FileNotFoundError, PublishError])
def test_what_is_missing_though_nothing_changes_is_an_error(hub, error):
    def read(found):
        raise error("gone")

    with pytest.raises(error, match="gone"):
        view.steady(hub, read)


def test_whoever_moves_without_end_is_named(hub, monkeypatch):
    monkeypatch.setattr(journal, "LOCK_SECONDS", 0.2)
    (hub / journal.FOLDER / journal.FILE).write_text("{}")
    with (
        filelock.FileLock(hub / journal.FOLDER / journal.LOCK),
        pytest.raises(PublishError, match=r"another slimhub has been publishing to .* wait for it"),
    ):
        view.steady(hub, lambda found: pytest.fail("it was read"))


def test_a_journal_whose_publisher_is_gone_is_read(hub):
    stage = hub / journal.FOLDER / "stage-0123abcd"
    stage.mkdir()
    (stage / "1").write_text("left")
    moves = '{"stage": "stage-0123abcd", "moves": [["1", "a"]]}'
    (hub / journal.FOLDER / journal.FILE).write_text(moves)
    assert view.steady(hub, lambda found: found.path("a").read_text()) == "left"
