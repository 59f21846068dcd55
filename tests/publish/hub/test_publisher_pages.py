"""Pages of publishers and collections in a hub: as files, and as the server draws them."""

import pytest

from slimhub.publish.handle import Handle
from slimhub.publish.hub import publisher_pages, static_files
from slimhub.publish.hub.server import Application
from slimhub.publish.hub.server_options import ServerOptions
from slimhub.publish.hub.view import View
from slimhub.publish.pages import other_pages, page
from tests.fixtures import hub_sites
from tests.fixtures.hub_sites import ask

NETWORK = "mobilenet_v3_small_075_224"
MODEL = f"google/{NETWORK}/classification"
SMALL = "google/collections/small"


@pytest.fixture
def hub(tmp_path):
    """A hub with an index, one page of a model, a publisher and two versions of a collection."""
    hub = tmp_path / "hub"
    handles = [Handle.parse(f"{MODEL}/1"), Handle.parse("google/elsewhere/classification/1")]
    made = other_pages.collection_page("google/small", "Small *ones*", "For phones.", handles)
    put(hub, "google/google.md", other_pages.publisher_page("google", "Models by Google."))
    put(hub, f"{SMALL}/1.md", made.replace("For phones.", "Old."))
    put(hub, f"{SMALL}/2.md", made.replace("small/1", "small/2"))
    put(hub, "index.json", hub_sites.small().dump())
    return hub


def put(hub, name, text):
    (hub / name).parent.mkdir(parents=True, exist_ok=True)
    (hub / name).write_text(text, "utf-8")


def read(hub):
    return publisher_pages.read(hub, "google", hub_sites.small())


def test_the_newest_version_of_a_collection_lists_what_the_hub_has(hub):
    found = read(hub)
    assert found.description == "Models by Google."
    (collection,) = found.collections.values()
    assert collection.path == f"{SMALL}/2"
    assert (collection.description, collection.models) == ("For phones.", [MODEL])


def test_pages_that_are_not_ones_are_left_out(hub, tmp_path):
    put(hub, "google/google.md", "# Publisher google\n<script>\n## not here")
    put(tmp_path, "secret.md", other_pages.publisher_page("google", "secret"))
    put(hub, f"{SMALL}/3.md", "no collection")
    assert read(hub) == publisher_pages.Publisher()
    (hub / "google/google.md").unlink()
    (hub / "google/google.md").symlink_to(tmp_path / "secret.md")
    assert read(hub).description == ""
    (hub / "google/google.md").unlink()
    assert read(hub).description == ""


def test_publishing_draws_them(hub):
    known = hub_sites.small()
    handle = Handle.parse(f"{MODEL}/1")
    for model, versions in known.models.items():
        for number, one in versions.items():
            text = page.render(hub_sites.record(one.network, one.task), Handle.parse(f"{model}/1"))
            put(hub, f"{model}/{number}.md", text)
    texts = static_files.texts(known.url, known, handle, "# Module x\nx\n", View(hub))
    listed = texts["google/index.html"]
    assert "Models by Google." in listed
    assert f'<a href="../{SMALL}/2.html">Small *ones*</a>' in listed
    assert "Models by Google." not in texts["index.html"]
    assert texts[f"{SMALL}/2.html"].count("<tr data-values") == 1
    assert f'href="../../../{MODEL}/2.html"' in texts[f"{SMALL}/2.html"]


def test_the_server_draws_them(hub):
    application = Application(hub, ServerOptions())
    assert "Models by Google." in ask(application, "/google")[1]
    for path in (f"/{SMALL}/2", f"/{SMALL}/2.html"):
        status, body, _ = ask(application, path)
        assert (status, body.count("<tr data-values")) == (200, 1)
    for path in (f"/{SMALL}/1", f"/{SMALL}", "/acme/collections/small/2", f"/{SMALL}/../2"):
        assert ask(application, path)[0] == 404
