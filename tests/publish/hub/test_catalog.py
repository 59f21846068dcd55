"""The start page in a real browser: filters, order, plot, comparison, address."""

import dataclasses

import pytest

from slimhub.publish.handle import Handle
from slimhub.publish.hub import html_pages
from tests.fixtures import hub_sites

pytestmark = pytest.mark.browser
SMALL = "google/mobilenet_v3_small_075_224"
LARGE = "google/mobilenet_v3_large_100_224/classification"


@pytest.fixture(scope="module")
def start(tmp_path_factory):
    """The address of the start page of a small hub, as a file."""
    folder = tmp_path_factory.mktemp("catalog")
    hub_sites.write(folder, hub_sites.small())
    return f"{folder.as_uri()}/index.html"


def listed(page):
    """The models in the list, in their order."""
    return [row.removesuffix("/1").removesuffix("/2") for row in shown(page)]


def shown(page):
    links = page.locator(".models tbody tr:visible a")
    return [
        link.removesuffix(".html")
        for link in links.evaluate_all("a => a.map(one => one.getAttribute('href').slice(2))")
    ]


def test_filters_say_how_many_models_each_choice_leaves(page, start):
    page.goto(start)
    assert page.get_by_label("Task").locator("option").evaluate_all("o => o.map(x => x.label)") == [
        "any", "classification (5)", "feature vector (1)",
    ]  # fmt: skip
    page.get_by_label("Publisher").select_option("acme")
    assert listed(page) == ["acme/inception_v3/classification", "acme/resnet_v2_50/classification"]
    assert page.get_by_label("Task").locator("option[value='feature vector']").is_disabled()
    page.get_by_label("Publisher").select_option("google")
    page.get_by_label("Takes images of any size").check()
    assert listed(page) == ["google/mobilenet_v1_025_128/classification"]
    page.get_by_role("button", name="Clear filters").click()
    page.get_by_label("Format").select_option("LiteRT")
    assert listed(page) == [f"{SMALL}/classification"]
    page.get_by_label("Format").select_option("")
    page.get_by_label("Family").select_option("MobileNet V3")
    page.get_by_label("Input").select_option("224")
    assert len(listed(page)) == 3


def test_there_is_nothing_to_find_in_one_model(page, tmp_path):
    for count in (0, 1):
        text = html_pages.list_page(html_pages.Site(hub_sites.large(count), "https://x"), "")
        (tmp_path / "index.html").write_text(text)
        page.goto((tmp_path / "index.html").as_uri())
        assert page.locator("[data-read]").count() == 1
        assert page.get_by_role("searchbox").count() == 0
        assert page.get_by_text("No model matches").is_hidden()


def test_search_goes_over_what_the_pages_show(page, start):
    page.goto(start)
    for words, count in {
        "imagenet-ilsvrc-2012-cls": 6,
        "network-architecture:inception-v3": 1,
        "LITERT": 1,
        "299 px": 1,
        "2026-11-29 features": 1,
        "nothing": 0,
    }.items():
        page.get_by_role("searchbox").fill(words)
        assert len(shown(page)) == count, words
    assert page.get_by_text("No model matches.").is_visible()


def test_orders_go_both_ways_with_the_unknown_last(page, tmp_path):
    known = hub_sites.small()
    (old,) = known.models[LARGE].values()
    unknown = dataclasses.replace(old, facts=None, published=None)
    known = known.with_version(Handle.parse("a/old/classification/1"), unknown)
    text = html_pages.list_page(html_pages.Site(known, "https://x"), "")
    (tmp_path / "index.html").write_text(text)
    page.goto((tmp_path / "index.html").as_uri())
    page.get_by_label("Sort by").select_option("accuracy")
    best = listed(page)
    assert best[0] == "acme/inception_v3/classification"
    page.get_by_role("columnheader", name="Top-1").get_by_role("button").click()
    worst = listed(page)
    assert worst[0] == "google/mobilenet_v1_025_128/classification"
    assert best[-1] == worst[-1] == "a/old/classification"
    assert "sort=-accuracy" in page.url
    page.get_by_role("columnheader", name="Archive").get_by_role("button").click()
    assert listed(page)[0] == "google/mobilenet_v1_025_128/classification"
    assert page.locator("[aria-sort]").count() == 1


def test_the_address_has_the_state_and_back_returns_to_it(page, start):
    page.goto(f"{start}?task=nonsense&sort=nonsense&compare=no/such&q=v3")
    assert len(shown(page)) == 4
    page.get_by_label("Task").select_option("classification")
    page.get_by_role("button", name="Cards").click()
    assert page.url.endswith("index.html?q=v3&task=classification&view=cards")
    page.locator(".models tbody a").first.click()
    page.wait_for_url("**/acme/**")
    page.go_back()
    page.locator("[data-read]").wait_for()
    assert page.locator(".models.cards").count() == 1
    assert page.get_by_role("searchbox").input_value() == "v3"
    assert len(shown(page)) == 3
    page.go_back()
    assert page.locator(".models.cards").count() == 0
    page.go_back()
    assert len(shown(page)) == 4


def test_the_plot_has_a_link_for_each_model_and_names_the_best(page, start):
    page.goto(start)
    points = page.locator(".plot a")
    points.first.wait_for()
    assert points.count() == 6
    names = page.locator(".plot .names text").all_text_contents()
    assert "inception_v3" in names
    point = page.get_by_role("link", name=f"{LARGE}: 75.2 %, 217 million multiply-adds, published")
    assert point.get_attribute("href") == f"./{LARGE}/1.html"
    page.get_by_role("searchbox").fill("inception")
    page.locator(".plot").wait_for(state="hidden")


def test_accuracies_on_other_data_are_counted_and_not_drawn(page, tmp_path):
    known = hub_sites.small()
    versions = known.models[LARGE]
    versions[1] = dataclasses.replace(versions[1], measured=(hub_sites.figures(0.97, "digits"),))
    text = html_pages.list_page(html_pages.Site(known, "https://x"), "")
    (tmp_path / "index.html").write_text(text)
    page.goto((tmp_path / "index.html").as_uri())
    page.locator(".plot a").first.wait_for()
    assert page.locator(".plot a").count() == 5
    assert page.get_by_text("Not shown: 1 with an accuracy on other data.").is_visible()
    cell = page.locator(f"tr:has(input[aria-label='Compare {LARGE}']) [data-label='Top-1, %']")
    assert cell.inner_text().split() == ["97.0", "measured", "on", "digits"]


def test_chosen_models_are_compared_side_by_side(page, start):
    page.goto(start)
    page.get_by_role("checkbox", name=f"Compare {LARGE}").check()
    assert page.get_by_role("button", name="Compare", exact=True).is_disabled()
    page.get_by_role("checkbox", name=f"Compare {SMALL}/classification").check()
    page.get_by_role("button", name="Compare", exact=True).click()
    columns = page.locator(".comparison thead th").all_inner_texts()
    assert columns == ["Model", LARGE, f"{SMALL}/classification"]
    differing = page.locator(".comparison .differs th").all_inner_texts()
    assert "Multiply-adds, M" in differing
    assert "Family" not in differing
    page.reload()
    assert page.locator(".comparison thead th").count() == 3
    page.get_by_role("button", name="Clear", exact=True).click()
    assert page.locator(".comparison").is_hidden()
    assert "compare" not in page.url


def test_two_thousand_models_do_not_stutter(page, tmp_path):
    text = html_pages.list_page(html_pages.Site(hub_sites.large(2000), "https://x"), "")
    (tmp_path / "index.html").write_text(text)
    page.goto((tmp_path / "index.html").as_uri())
    assert page.locator(".models tbody tr").count() == 60
    page.get_by_role("button", name="Show 60 more of 2,000").click()
    assert page.locator(".models tbody tr").count() == 120
    times = page.evaluate(TYPE)
    assert page.locator("[data-count]").inner_text() == "100 models"
    assert sorted(times)[len(times) // 2] < 300, times  # 50 under a load of 6


TYPE = """() => {
  const search = document.querySelector("[type=search]");
  return ["m", "mo", "mob", "mobi", "edgetpu_100"].map((words) => {
    const start = performance.now();
    search.value = words;
    search.dispatchEvent(new Event("input"));
    document.body.offsetHeight;
    return performance.now() - start;
  });
}"""
