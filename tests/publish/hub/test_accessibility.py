"""Pages for everybody: axe-core's rules, phones, paper, and browsers without JavaScript."""

from pathlib import Path

import pytest

from tests.fixtures import hub_sites

pytestmark = pytest.mark.browser
MODEL = "google/mobilenet_v3_small_075_224/classification"
COMPARED = f"index.html?compare={MODEL},acme/inception_v3/classification&compared=1&view=cards"
PAGES = ("index.html", COMPARED, f"{MODEL}/1.html")


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The address of a small hub as files."""
    folder = tmp_path_factory.mktemp("accessible")
    hub_sites.write(folder, hub_sites.small())
    return folder.as_uri()


@pytest.mark.parametrize(("width", "scheme"), [(1200, "light"), (320, "dark")])
def test_axe_finds_nothing_and_nothing_is_wider_than_the_screen(browser, site, width, scheme):
    import axe_playwright_python

    axe = Path(axe_playwright_python.__file__).with_name("axe.min.js").read_text("utf-8")
    # The policy of the pages refuses the script of axe, too.
    context = browser.new_context(
        viewport={"width": width, "height": 800}, color_scheme=scheme, bypass_csp=True
    )
    page = context.new_page()
    for path in PAGES:
        page.goto(f"{site}/{path}")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        page.evaluate(axe)
        found = page.evaluate("axe.run().then((result) => result.violations)")
        assert [(one["id"], one["nodes"][0]["html"]) for one in found] == [], path
    context.close()


def test_without_javascript_everything_is_there_and_nothing_is_dead(browser, site):
    context = browser.new_context(java_script_enabled=False, viewport={"width": 320, "height": 700})
    page = context.new_page()
    for path in (PAGES[0], PAGES[2]):
        page.goto(f"{site}/{path}")
        for dead in ("button", "input", "select", "details"):
            assert page.locator(f"{dead}:visible").count() == 0
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
    page.goto(f"{site}/index.html")
    assert page.locator(".models tbody tr:visible").count() == 6
    page.get_by_role("link", name=MODEL).click()
    assert page.get_by_role("link", name="SavedModel .tar.gz").is_visible()
    context.close()


def test_numbers_of_tables_stay_whole_on_a_phone(page, site):
    page.set_viewport_size({"width": 320, "height": 700})
    page.goto(f"{site}/{MODEL}/2.html")
    lines = page.locator("article td.right").evaluate_all(LINES)
    assert len(lines) > 20
    assert max(lines) == 1
    # What does not fit is scrolled to inside of the table's frame.
    assert page.locator("article .wide").first.evaluate("e => e.scrollWidth > e.clientWidth")


LINES = """cells => cells.map((cell) => {
  const range = new Range();
  range.selectNodeContents(cell);
  return new Set([...range.getClientRects()].map((box) => Math.round(box.top))).size;
})"""


def test_anchors_lead_to_sections_and_blocks_can_be_copied(page, site):
    page.goto(f"{site}/{MODEL}/2.html")
    links = page.locator(".contents a").evaluate_all("a => a.map(one => one.hash)")
    assert {"#overview", "#usage", "#files"} <= set(links)
    assert len(set(links)) == len(links)
    for link in links:
        assert page.locator(f"h2{link}, h3{link}").count() == 1
    blocks = page.locator("article pre").count()
    assert page.get_by_role("button", name="Copy code").count() == blocks > 3
    # The family table leads to what this hub has.
    large = page.locator("article td").get_by_role("link", name="mobilenet_v3_large_100_224")
    assert large.first.get_attribute("href").endswith(
        "mobilenet_v3_large_100_224/classification/1.html"
    )
    page.locator(".tags a", has_text="network-architecture").click()
    assert page.locator(".models tbody tr:visible").count() == 3


def test_paper_has_the_text_and_no_controls(page, site):
    page.goto(f"{site}/{MODEL}/1.html")
    page.emulate_media(media="print", color_scheme="dark")
    assert page.locator("button:visible").count() == 0
    assert page.locator(".contents").is_hidden()
    assert page.locator("article").is_visible()
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert ground == "rgb(255, 255, 255)"
