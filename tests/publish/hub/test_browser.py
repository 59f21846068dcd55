"""A hub in a real browser: search, open, copy, load."""

import subprocess
import sys

import numpy as np
import pytest

from tests.fixtures import hubs
from tests.publish.hub.test_server import LOAD, serving

HANDLE = "google/imagenet/mobilenet_v3_small_075_224/feature_vector/5"
pytestmark = [pytest.mark.browser, pytest.mark.serial]


@pytest.fixture(scope="module")
def hub(artifact, tmp_path_factory):

    hub = tmp_path_factory.mktemp("browsed") / "hub"
    for network, task, handle in (
        ("mobilenet_v3_small_075_224", "feature_vector", HANDLE),
        ("mobilenet_v3_small_075_224", "feature_vector", HANDLE[:-1] + "6"),
        ("mobilenet_v1_025_128", "classification", "local/mobilenet_v1_025_128/classification/1"),
    ):
        hubs.put(artifact(network, task).path, hub, handle)
    return hub


def test_search_open_copy_and_load(hub, page, tmp_path):
    with serving(hub) as (port, _):
        root = f"http://127.0.0.1:{port}"
        page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=root)
        page.goto(root)
        rows = page.locator(".models tbody tr:visible")
        assert rows.count() == 2
        page.get_by_role("searchbox").fill("feature SMALL")
        assert rows.count() == 1
        assert page.locator("[data-count]").inner_text() == "1 model"
        page.get_by_role("searchbox").fill("nothing at all")
        assert rows.count() == 0
        assert page.locator("[data-none]").is_visible()
        page.get_by_role("searchbox").fill("075")
        rows.get_by_role("link").click()
        assert page.url == f"{root}/{HANDLE[:-1]}6"
        page.get_by_role("link", name="5", exact=True).click()
        assert page.url == f"{root}/{HANDLE}"
        page.get_by_role("button", name="Copy address").click()
        page.get_by_text("Copied").first.wait_for()
        copied = page.evaluate("navigator.clipboard.readText()")
        assert copied == f"{root}/{HANDLE}"
        program = LOAD.replace("128", "224").replace("256", "1024")  # of this network
        load = [sys.executable, "-c", program, copied, str(hub / HANDLE)]
        environment = {"TFHUB_CACHE_DIR": str(tmp_path), "PATH": "/usr/bin:/bin"}
        done = subprocess.run(load, env=environment, capture_output=True, text=True)
        assert done.stdout.strip() == "bitwise", done.stderr


@pytest.mark.parametrize("is_dark", [False, True])
@pytest.mark.parametrize("width", [320, 1200])
def test_pages_fit_phones_and_are_readable(hub, browser, width, is_dark):
    scheme = "dark" if is_dark else "light"
    context = browser.new_context(
        viewport={"width": width, "height": 740}, color_scheme=scheme, java_script_enabled=True
    )
    page = context.new_page()
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    with serving(hub) as (port, _):
        for path in ("", HANDLE, "local", "nothing"):
            page.goto(f"http://127.0.0.1:{port}/{path}")
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            assert contrast(page, "body") > 7
            assert all(contrast(page, s) > 4.5 for s in (".lead", ".top a", "footer"))
    assert all(url.startswith((f"http://127.0.0.1:{port}/", "data:")) for url in asked)
    context.close()


def contrast(page, selector):
    """Contrast of text and ground, 1 to 21, as WCAG 2 defines it."""
    colors = page.eval_on_selector(
        selector,
        "e => [getComputedStyle(e).color, getComputedStyle(document.body).backgroundColor]",
    )
    light = []
    for color in colors:
        channels = np.array([float(c) for c in color[4:-1].split(",")[:3]]) / 255
        linear = np.where(
            channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4
        )
        light.append(linear @ [0.2126, 0.7152, 0.0722])
    return (max(light) + 0.05) / (min(light) + 0.05)


def test_static_files_are_the_same_pages(hub, page):
    """As any static host serves them, and even from a disk."""
    command = [sys.executable, "-m", "http.server", "0", "--bind", "127.0.0.1"]
    with subprocess.Popen(
        ["env", "PYTHONUNBUFFERED=1", *command],
        cwd=hub,
        stdout=subprocess.PIPE,
        text=True,
        stderr=subprocess.DEVNULL,
    ) as server:
        try:
            port = server.stdout.readline().split(" port ")[1].split()[0]
            for root in (f"http://127.0.0.1:{port}", hub.as_uri()):
                page.goto(f"{root}/index.html")
                page.get_by_role("searchbox").fill("v1")
                assert page.locator(".models tbody tr").count() == 1
                page.locator(".models tbody a").click()
                assert page.url == f"{root}/local/mobilenet_v1_025_128/classification/1.html"
                page.get_by_role("link", name="classification", exact=True).click()
                assert page.url.endswith("/classification/index.html")
                page.get_by_role("link", name="Model hub").click()
                assert page.url == f"{root}/index.html"
                page.goto(f"{root}/{HANDLE}.html")
                page.get_by_role("link", name="6", exact=True).click()
                assert page.url == f"{root}/{HANDLE[:-1]}6.html"
                page.get_by_role("link", name="google", exact=True).click()
                assert page.url == f"{root}/google/index.html"
                assert page.locator(".models tbody tr").count() == 1
        finally:
            server.terminate()
