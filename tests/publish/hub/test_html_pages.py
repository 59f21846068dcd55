"""Pages of a hub as HTML: what they say, their size, and what they may run."""

import base64
import dataclasses
import gzip
import hashlib
import html
import re

import pytest

from slimhub.publish.handle import Handle
from slimhub.publish.hub import html_pages, page_templates
from tests.fixtures import hub_sites

MODEL = "google/mobilenet_v3_small_075_224/classification"


@pytest.fixture(scope="module")
def site():
    return html_pages.Site(hub_sites.small(), "https://hub.example", "/")


def model_page(site, number):
    text = "# Module x\nOne *small* model.\n\n## Overview\n\nText.\n"
    return html_pages.model_page(site, Handle.parse(f"{MODEL}/{number}"), text)


def test_a_list_of_two_thousand_models_is_small():
    page = html_pages.list_page(html_pages.Site(hub_sites.large(2000), "https://x", "/"), "")
    assert page.count("<tr data-values=") == 2000
    assert len(gzip.compress(page.encode(), 4)) < 300_000


def test_pages_describe_themselves_to_those_who_link_them(site):
    page = model_page(site, 2)
    for name, content in {
        'name="description"': "One small model.",
        'property="og:title"': f"{MODEL}/2",
        'property="og:description"': "One small model.",
        'property="og:url"': f"https://hub.example/{MODEL}/2",
    }.items():
        assert f'<meta {name} content="{content}">' in page
    assert '<meta name="description" content="6 models for TensorFlow Hub.">' in (
        html_pages.list_page(site, "")
    )


def test_only_old_versions_have_a_banner(site):
    assert f'<a href="/{MODEL}/2">Version 2 is the newest</a>' in model_page(site, 1)
    assert "banner" not in model_page(site, 2).partition("</style>")[2]


def test_a_withdrawn_version_has_no_figures_and_no_files(site):
    known = site.index.models[MODEL][2]
    withdrawn = dataclasses.replace(known, withdrawn="wrong")
    index = site.index.with_version(Handle.parse(f"{MODEL}/2"), withdrawn)
    page = model_page(dataclasses.replace(site, index=index, has_runtime=True), 2)
    body = page.partition("</style>")[2]
    for gone in ("Multiply-adds", "download>", 'id="files"', "data-trial", "data-handle"):
        assert gone not in body.partition("<script")[0]
    assert "(withdrawn)" in body


def test_tags_and_crumbs_are_links(site):
    page = model_page(site, 2)
    assert '<a href="/?q=network-architecture%3Amobilenet-v3">' in page
    assert '<a href="/google/mobilenet_v3_small_075_224/">' in page
    static = model_page(dataclasses.replace(site, root=None), 2)
    assert '<a href="../../../index.html?q=task%3Aimage-classification">' in static
    words = re.search(rf'data-words="([^"]*)">\s*<th scope="row"><a href="/{MODEL}', listed(site))
    assert "network-architecture:mobilenet-v3" in words[1].split()


def listed(site):
    return html_pages.list_page(site, "")


def test_the_start_page_leads_to_publishers_if_there_are_several(site):
    assert '<a href="/google/">google</a> <span class="note">4</span>,' in listed(site)
    assert "Publishers:" not in html_pages.list_page(site, "google")
    assert "Publishers:" not in html_pages.list_page(
        html_pages.Site(hub_sites.large(3), "https://x", "/"), ""
    )


def test_downloads_have_size_and_digest(site):
    page = model_page(site, 2)
    version = site.index.models[MODEL][2]
    for suffix, file in {".tar.gz": version.archive, **version.also}.items():
        assert f'href="/{MODEL}/2{suffix}" download' in page
        assert f"{suffix}, {file.bytes / 1e6:.1f} MB" in page
        assert f">{file.sha256}</code>" in page


def test_the_policy_names_the_scripts_and_styles_of_all_pages(site):
    policy = page_templates.policy()
    assert "unsafe" not in policy
    pages = [listed(site), model_page(site, 1), html_pages.error_page(site, 404, "none")]
    for page in pages:
        inline = re.findall(
            r"<(?:style|script type=\"module\")>(.*?)</(?:style|script)>", page, re.S
        )
        assert inline
        for text in inline:
            digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
            assert f"'sha256-{digest}'" in policy
        body = page.partition("</style>")[2]
        assert " style=" not in body
        assert not re.search(r"\son\w+=", re.sub(r"<script.*?</script>", "", body, flags=re.S))


def test_hostile_texts_of_an_index_stay_texts(site):
    hostile = "<img src=x onerror=alert(1)>'\"</script>"
    known = site.index.models[MODEL][2]
    texts = {"training_data": hostile}
    wrong = dataclasses.replace(known, description=hostile, network=hostile, texts=texts)
    other = site.index.with_version(Handle.parse(f"{MODEL}/2"), wrong)
    page = listed(dataclasses.replace(site, index=other))
    assert "<img" not in page
    assert html.escape(hostile.split()[0]) in page
    values = re.findall(r"data-values='([^']*)'", page)
    assert len(values) == 6
    assert not any("<" in value for value in values)
