"""Which pages of a hub run their models, and what that lets them load."""

import pytest

from slimhub.common.files import FileDigest
from slimhub.publish.handle import Handle
from slimhub.publish.hub import browser_runtime, html_pages, page_templates
from slimhub.publish.hub.index import Index
from slimhub.publish.hub.server import Application
from slimhub.publish.hub.server_options import ServerOptions
from tests.fixtures import hub_sites, records
from tests.fixtures.hub_sites import ask

NETWORK = "mobilenet_v3_small_075_224"
HANDLE = Handle.parse("acme/net/classification/1")
MODEL = HANDLE.model
ONNX = {".onnx": FileDigest(3, records.SHA)}


@pytest.fixture
def runtime(tmp_path):
    """A hub with files that are called like the runtime's."""
    hub = tmp_path / "hub"
    for name in browser_runtime.FILES:
        (hub / browser_runtime.FOLDER).mkdir(parents=True, exist_ok=True)
        (hub / browser_runtime.FOLDER / name).write_text(name)
    return hub


def known(**changes):
    return hub_sites.add(Index(), MODEL, NETWORK, "classification", **changes)


def test_only_pages_with_an_onnx_file_and_a_runtime_run_anything(runtime):
    text = "# Module x\nx\n"
    for also, has_runtime, can_try in (
        (ONNX, True, True),
        (ONNX, False, False),
        (hub_sites.LITE, True, False),
    ):
        site = html_pages.Site(known(also=also), "https://x", "/", has_runtime)
        page = html_pages.model_page(site, HANDLE, text)
        assert (f'data-model="/{HANDLE}.onnx"' in page) == can_try
        assert ("ort.wasm.min.mjs" in page) == can_try
    assert browser_runtime.is_there(runtime)
    (runtime / browser_runtime.FOLDER / browser_runtime.FILES[0]).unlink()
    assert not browser_runtime.is_there(runtime)


def test_the_policy_lets_only_such_pages_load_scripts_of_the_hub(runtime):
    (runtime / "index.json").write_text(known(also=ONNX).dump())
    (runtime / f"{HANDLE}.md").parent.mkdir(parents=True)
    (runtime / f"{HANDLE}.md").write_text("# Module x\nx\n")
    application = Application(runtime, ServerOptions())
    assert "'wasm-unsafe-eval'" in policy(application, f"/{HANDLE}")
    assert policy(application, "/") == page_templates.policy()
    assert "self" not in page_templates.policy()
    name = f"/{browser_runtime.FOLDER}/{browser_runtime.FILES[0]}"
    assert ask(application, name)[0] == 200
    (runtime / browser_runtime.FOLDER / "other.mjs").write_text("not served")
    assert ask(application, f"/{browser_runtime.FOLDER}/other.mjs")[0] == 404


def policy(application, path):
    return ask(application, path)[2]["content-security-policy"]
