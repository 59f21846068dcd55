"""What README and docs show as output is what the program prints, or marked as shortened."""

import re

import pytest

from slimhub.cli import export_command, publish_output
from slimhub.publish.destinations import delivery
from slimhub.publish.destinations.destination import PublishPlan
from slimhub.publish.destinations.stores import layout
from slimhub.publish.destinations.stores.gcs import Gcs
from slimhub.publish.handle import Handle
from tests.fixtures import commands, hubs
from tests.fixtures.documents import blocks, documents
from tests.fixtures.support import REFERENCE, REPOSITORY, needs_reference

NETWORK = "mobilenet_v3_small_075_224"
HANDLE = f"google/imagenet/{NETWORK}/feature_vector/5"
# Pages whose one block of output is compared below; that of cli.md is generated.
COMPARED = {
    "README.md",
    "docs/checkpoints.md",
    "docs/hubs.md",
    "docs/networks.md",
    "docs/stores.md",
}


def outputs(path):
    return [b for b in blocks(path) if b.language == "text" and b.shortened is None]


def shown(page):
    """The lines of the one block of output of a page."""
    (block,) = outputs(REPOSITORY / page)
    return block.code.splitlines()


def check_lines(page, printed):
    """Each line of a block is printed; `…` stands for anything, as do sizes of files."""
    for line in shown(page):
        pattern = re.escape(line).replace("…", ".*")
        pattern = re.sub(r"\d+\\.\d\\ MB", r"\\d+\\.\\d MB", pattern)
        assert any(re.fullmatch(pattern, one) for one in printed), line


def test_all_output_is_compared_or_marked():
    pages = [path for path in documents() if path.name != "cli.md"]
    found = {b.path: len(outputs(path)) for path in pages for b in outputs(path)}
    assert found == dict.fromkeys(COMPARED, 1)


def test_an_export_prints_what_the_readme_shows(artifact):
    printed = export_command._lines(artifact(NETWORK).result, "features")
    lines = shown("README.md")
    assert [heads(lines), lines[0], lines[-1]] == [heads(printed), printed[0], printed[-1]]


def heads(lines):
    """The words at the beginning of lines that have one."""
    return [line[:12].rstrip() for line in lines if line[0] != " "]


@needs_reference
def test_a_checkpoint_is_inspected_as_shown():
    archive = REFERENCE / "real" / "v3-small_224_0.75_float.tgz"
    printed = commands.printed("inspect", str(archive)).splitlines()
    assert shown("docs/checkpoints.md") == printed


def test_a_network_is_described_as_shown():
    printed = commands.printed("describe", NETWORK).splitlines()
    start = printed.index(shown("docs/networks.md")[0])
    *table, rest = shown("docs/networks.md")
    assert (printed[start : start + len(table)], rest) == (table, "…")


def test_a_hub_is_published_to_as_shown(artifact, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    plan = hubs.put(artifact(NETWORK).path, "models", HANDLE).plan
    check_lines("docs/hubs.md", publish_output.lines(outcome(plan)))


def test_a_store_is_published_to_as_shown(artifact):
    package = delivery.pack(artifact(NETWORK).path, delivery.PublishOptions(handle=HANDLE))
    store = Gcs.parse("gs://my-bucket/models")
    places = layout.addresses(package, store, Handle.parse(HANDLE))
    plan = PublishPlan((), {}, places.page, places.load, "new")
    check_lines("docs/stores.md", publish_output.lines(outcome(plan)))


def outcome(plan):
    return delivery.PublishOutcome("target", {}, plan, is_published=True)


@pytest.mark.parametrize("line", ["published   http://elsewhere", "note        serve it"])
def test_another_line_is_found(line, monkeypatch):
    monkeypatch.setitem(globals(), "shown", lambda page: [line])
    with pytest.raises(AssertionError):
        check_lines("docs/hubs.md", ["published   http://here", "note        serve it with: x"])
