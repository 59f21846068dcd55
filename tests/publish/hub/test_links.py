"""What the page of a version says about other models, as a hub gets and loses them."""

import dataclasses

import pytest

from slimhub.common.files import FileDigest
from slimhub.nets import TASKS
from slimhub.publish import Handle
from slimhub.publish.hub import links
from slimhub.publish.hub.index import Index, Version
from slimhub.publish.pages import page
from tests.fixtures import records

STEM = "acme/net"


def version(number, task):
    file = FileDigest(3, records.SHA)
    return Version(number, "x", {}, "mobilenet_v3_small_075_224", task, file, {})


@pytest.mark.parametrize(("task", "other"), [TASKS, TASKS[::-1]])
def test_the_other_task_is_named_only_while_the_hub_has_it(task, other):
    handle, added = Handle.parse(f"{STEM}/{task}/1"), Handle.parse(f"{STEM}/{other}/1")
    text = page.render(records.make(task=task), handle)
    alone = Index().with_version(handle, version(1, task))
    assert links.linked(text, handle, alone) == text
    assert f"{STEM}/{other}" not in text
    found = alone.with_version(added, version(1, other))
    linked = links.linked(text, handle, found)
    link = f"[`{STEM}/{other}/1`](http://localhost:8080/{STEM}/{other}/1.html)"
    assert linked.count(link) == 1
    assert links.linked(linked, handle, found) == linked
    newer = found.with_version(Handle.parse(f"{STEM}/{other}/2"), version(2, other))
    assert links.linked(linked, handle, newer) == linked.replace(f"{other}/1", f"{other}/2")
    without_links = dataclasses.replace(found, url="http://x/(y)")
    assert f" `{STEM}/{other}`.\n" in links.linked(linked, handle, without_links)
    assert links.linked(links.linked(linked, handle, without_links), handle, found) == linked
    gone = dataclasses.replace(version(1, other), withdrawn="wrong")
    assert links.linked(linked, handle, found.with_version(added, gone)) == text


SMALL, MINIMALISTIC = "mobilenet_v3_small_100_224", "mobilenet_v3_small_minimalistic_100_224"
TABLE = f"`{SMALL}` in a text, `x/{SMALL}`\n\n| `{SMALL}` | 1 |\n| `{MINIMALISTIC}` | 2 |\n"


def test_networks_of_the_family_are_linked_in_tables_and_only_while_the_hub_has_them():
    own = "mobilenet_v3_small_075_224"
    handle = Handle.parse(f"acme/{own}/feature_vector/1")
    known = Index().with_version(handle, version(1, "feature_vector"))
    assert links.linked(TABLE, handle, known) == TABLE
    linked = TABLE
    for name in (SMALL, MINIMALISTIC):
        model = f"acme/{name}/feature_vector"
        known = known.with_version(Handle.parse(f"{model}/3"), version(3, "feature_vector"))
        link = f"[`{name}`](http://localhost:8080/{model}/3.html)"
        expected = linked.replace(f"| `{name}` |", f"| {link} |")
        linked = links.linked(linked, handle, known)
        assert linked == expected
    assert links.linked(linked, handle, known) == linked
    alone = Index().with_version(handle, version(1, "feature_vector"))
    assert links.linked(linked, handle, alone) == TABLE
