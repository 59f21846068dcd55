"""Withdrawing a version: what is left of it, and what becomes of everybody who asks for it."""

import json
import subprocess
import sys

import pytest

from slimhub import export, publish
from slimhub.publish import Handle
from slimhub.publish.hub import index, journal, withdrawal
from slimhub.publish.pages.checker import linter
from tests.fixtures.commands import run
from tests.fixtures.support import REPOSITORY
from tests.publish.hub.test_hub_folder import tree
from tests.publish.hub.test_server import ask, serving

MODEL = "acme/net/feature_vector"
REASON = "Wrong <weights>"


@pytest.fixture
def hub(artifact, put, tmp_path):
    """A hub with two versions of a model, and its sibling."""
    hub = tmp_path / "hub"
    for number in (1, 2):
        put(artifact().path, hub, f"{MODEL}/{number}")
    put(artifact(task="classification").path, hub, "acme/net/classification/1")
    return hub


def withdraw(hub, number, reason=None):
    return withdrawal.withdraw(hub, Handle.parse(f"{MODEL}/{number}"), reason)


def test_the_page_is_all_that_is_left(hub):
    before = tree(hub)
    assert withdraw(hub, 2, REASON)
    after = tree(hub)
    gone = {name for name in before if name.startswith((f"{MODEL}/2/", f"{MODEL}/2.tar.gz"))}
    assert len(gone) > 5
    assert set(after) == set(before) - gone
    assert not (hub / MODEL / "2").exists()
    page = (hub / MODEL / "2.md").read_text()
    assert linter.check(page) == []
    assert "Reason: Wrong &lt;weights&gt;" in page
    assert f"Use [`{MODEL}/1`](http://localhost:8080/{MODEL}/1.html) instead." in page
    html = (hub / MODEL / "2.html").read_text()
    assert "data-handle>" not in html
    assert f'<a href="../../../{MODEL}/1.html">' in html
    assert "2</b> (withdrawn)" in html
    # What shows the newest version, or leads to it, goes back to the one before.
    one = (hub / MODEL / "1.html").read_bytes()
    assert (hub / MODEL / "index.html").read_bytes() == one
    assert b"1</b> (newest)" in one
    assert f"{MODEL}/1.html" in (hub / "index.html").read_text()
    sibling = (hub / "acme/net/classification/1.md").read_text()
    assert f"[`{MODEL}/1`](http://localhost:8080/{MODEL}/1.html)" in sibling
    assert withdraw(hub, 2) is False
    assert tree(hub) == after


def test_the_number_is_never_used_again(hub, artifact, put):
    withdraw(hub, 2)
    before = tree(hub)
    with pytest.raises(publish.PublishError, match=f"was withdrawn.*`handle={MODEL}/3`"):
        put(artifact().path, hub, f"{MODEL}/2")
    assert tree(hub) == before
    put(artifact().path, hub, f"{MODEL}/3")
    assert f"Use [`{MODEL}/3`]" in (hub / MODEL / "2.md").read_text()
    moved = "https://models.example"
    put(artifact().path, hub, f"{MODEL}/3", url=moved)
    page = (hub / MODEL / "2.md").read_text()
    assert f"]({moved}/{MODEL}/3.html)" in page
    assert "<!-- asset-path: legacy -->" in page


def test_a_model_without_versions_is_listed_nowhere(hub):
    assert json.loads((hub / "index.json").read_text())["format"] == 1
    withdraw(hub, 1)
    withdraw(hub, 2)
    assert json.loads((hub / "index.json").read_text())["format"] == 2  # older releases refuse it
    assert MODEL not in (hub / "index.html").read_text()
    assert (hub / MODEL / "index.html").read_bytes() == (hub / MODEL / "2.html").read_bytes()
    assert "instead" not in (hub / MODEL / "2.md").read_text()
    assert MODEL not in (hub / "acme/net/classification/1.md").read_text()


def test_the_server_says_that_it_is_gone(hub):
    withdraw(hub, 2, REASON)
    with serving(hub) as (port, _):
        for ending in ("?tf-hub-format=compressed", ".tar.gz", "/saved_model.pb", "?lite-format=x"):
            status, _, body = ask(port, f"/{MODEL}/2{ending}")
            assert (status, b"was withdrawn" in body) == (410, True), ending
            assert f"load http://127.0.0.1:{port}/{MODEL}/1 instead" in body.decode()
        for ending in ("", ".html"):
            status, _, body = ask(port, f"/{MODEL}/2{ending}")
            assert (status, b"Wrong &lt;weights&gt;" in body) == (410, True)
        assert ask(port, f"/{MODEL}/2.md")[0] == 200
        assert ask(port, f"/{MODEL}/1?tf-hub-format=compressed")[0] == 200
        status, _, body = ask(port, f"/{MODEL}")
        assert (status, f"data-handle>http://127.0.0.1:{port}/{MODEL}/1<".encode() in body) == (
            200,
            True,
        )
        assert ask(port, f"/{MODEL}?tf-hub-format=compressed")[0] == 404


KILLED = """
import os, sys
from pathlib import Path
from slimhub.publish import Handle
from slimhub.publish.hub import journal, withdrawal

left = int(sys.argv[3])
def counted(step):
    def take(*arguments):
        global left
        if not left:
            os.kill(os.getpid(), 9)
        left -= 1
        step(*arguments)
    return take
journal._move, journal._remove = counted(journal._move), counted(journal._remove)
withdrawal.withdraw(Path(sys.argv[1]), Handle.parse(sys.argv[2]), "why")
"""


@pytest.mark.parametrize("done", [0, 3, 7, 9])
def test_killed_at_any_step_the_next_change_completes_it(hub, artifact, put, done):
    program = [sys.executable, "-c", KILLED, str(hub), f"{MODEL}/2", str(done)]
    killed = subprocess.run(program, cwd=REPOSITORY, capture_output=True)
    assert killed.returncode == -9, killed.stderr
    assert (hub / journal.FOLDER / journal.FILE).exists()
    put(artifact().path, hub, "acme/other/1")
    assert not (hub / journal.FOLDER / journal.FILE).exists()
    assert index.read(hub).models[MODEL][2].withdrawn == "why"
    assert sorted(p.name for p in (hub / MODEL).glob("2*")) == ["2.html", "2.md"]
    before = tree(hub)
    assert withdraw(hub, 2) is False
    assert tree(hub) == before


def test_what_is_not_there_cannot_be_withdrawn(hub, tmp_path):
    before = tree(hub)
    with pytest.raises(
        export.RequestError, match=r"has no acme/net/feature_vector/7; it has.* 1, 2"
    ):
        withdraw(hub, 7)
    with pytest.raises(export.RequestError, match="no model acme/nothing: its start page"):
        withdrawal.withdraw(hub, Handle.parse("acme/nothing/1"), None)
    with pytest.raises(export.RequestError, match=f"did you mean {MODEL}/1"):
        withdrawal.withdraw(hub, Handle.parse("acme/net/feture_vector/1"), None)
    assert tree(hub) == before
    with pytest.raises(export.RequestError, match="is not a hub"):
        withdraw(tmp_path / "nowhere", 1)
    assert not (tmp_path / "nowhere").exists()


def test_the_command(hub):
    finished = run("unpublish", f"hub:{hub}", f"{MODEL}/1", "--reason=Wrong weights")
    assert (finished.returncode, finished.stderr) == (0, "")
    assert finished.stdout.startswith(f"withdrawn {MODEL}/1; its page says so")
    assert "Reason: Wrong weights" in (hub / MODEL / "1.md").read_text()
    again = run("unpublish", str(hub), f"{MODEL}/1", "--format=json")
    assert json.loads(again.stdout) == {"handle": f"{MODEL}/1", "was_published": False}
    assert "Reason: Wrong weights" in (hub / MODEL / "1.md").read_text()
    refused = run("unpublish", str(hub), f"{MODEL}/4")
    assert (refused.returncode, f"has no {MODEL}/4" in refused.stderr) == (2, True)
