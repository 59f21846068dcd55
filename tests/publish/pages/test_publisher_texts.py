"""Texts of a publisher: where they go, and that they change nothing around them."""

import dataclasses

import pytest

from slimhub import export
from slimhub.publish import Handle
from slimhub.publish.package import Package
from slimhub.publish.pages import cards, class_names, page, publisher_texts
from slimhub.publish.pages.checker import linter
from slimhub.publish.pages.publisher_texts import PublisherTexts
from tests.fixtures import records
from tests.publish.pages.test_page import NASTY, links, sections, shape

COLAB = "https://colab.research.google.com/github/acme/flowers.ipynb"
TEXTS = PublisherTexts(
    description="Tells roses from tulips.",
    intended_use="# For gardens\n\nNot for *food*.\n\n```\n# code\n```",
    training_data="3,670 photos of flowers",
    colab=COLAB,
    changelog="* Trained longer.",
)


def render(texts, record=None, **options):
    record = record or records.make(source=("model.ckpt-1", "mine.tgz"))
    handle = Handle.parse(f"acme/flowers/{record.task}/2")
    return page.render(record, handle, texts=texts, **options)


def test_every_text_has_its_place():
    text = render(TEXTS)
    assert linter.check(text) == []
    assert text.splitlines()[1] == "Tells roses from tulips."
    assert f"\n<!-- colab: {COLAB} -->\n" in text
    parts = sections(text)
    assert "### Intended use\n\n#### For gardens\n\nNot for *food*.\n\n```\n# code\n```" in text
    assert "Tells roses from tulips." not in parts["Overview"]
    assert "3,670 photos of flowers" in parts["Training"]
    assert "says what they were trained on" not in parts["Training"]
    assert COLAB in links(text)
    assert "#### Version 2\n\n* Trained longer.\n\n" in parts["Changelog"]


def test_a_data_set_is_named_beside_a_text_on_the_data():
    training = sections(render(TEXTS, dataset="imagenet-ilsvrc-2012-cls"))["Training"]
    assert "3,670 photos of flowers" in training
    assert "names the data set `imagenet-ilsvrc-2012-cls`" in training
    assert "names the data set" not in sections(render(TEXTS))["Training"]


def test_cards_have_them_too(tmp_path):
    package = Package(tmp_path, records.make(), {}, texts=TEXTS)
    card = cards.huggingface(package, "LOAD", "net", None)
    overview, usage = (cards.kaggle(package, "LOAD")[name] for name in ("overview", "usage"))
    for text in ("Tells roses", "#### For gardens", "3,670 photos"):
        assert text in card
        assert text in overview
    for text in (card, usage):
        assert f"]({COLAB})" in text
    assert "* Trained longer." in card


@pytest.mark.parametrize("nasty", NASTY, ids=range(len(NASTY)))
def test_plain_texts_stay_in_their_places(nasty):
    texts, plain = (PublisherTexts(description=t, training_data=t) for t in (nasty or "x", "x"))
    assert linter.check(render(texts)) == []
    assert shape(render(texts)) == shape(render(plain))


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        ({"colab": "https://example.org/x.ipynb"}, "must lead to https://colab"),
        ({"colab": f"{COLAB} --> # x"}, "colab"),
        ({"intended_use": "a\n```\nb"}, "`intended_use` has a code block that does not end"),
        ({"changelog": "a\n<!-- b"}, "`changelog` has an HTML comment on line 2"),
        ({"changelog": "Title\n====="}, "underlines a heading on line 2"),
    ],
)
def test_what_would_change_the_page_is_refused(texts, message):
    with pytest.raises(export.RequestError, match=message):
        render(PublisherTexts(**texts))


def test_files_are_read_whole_or_refused(tmp_path):
    path = tmp_path / "use.md"
    path.write_bytes(b"\xef\xbb\xbfFor gardens.\r\nMore.\n")
    assert publisher_texts.read(str(path)) == "For gardens.\nMore."
    for content, message in ((b"\xff", "not UTF-8"), (b"x" * 70_000, "too much for a page")):
        path.write_bytes(content)
        with pytest.raises(export.RequestError, match=message):
            publisher_texts.read(str(path))
    with pytest.raises(export.RequestError, match="No such file"):
        publisher_texts.read(str(tmp_path / "other.md"))


def test_what_is_not_given_is_kept_and_an_empty_text_takes_back():
    texts = PublisherTexts(description="Other.", colab="").over(TEXTS)
    assert texts == dataclasses.replace(TEXTS, description="Other.", colab="")
    assert PublisherTexts.of(TEXTS.given() | {"later": "x"}) == TEXTS


@pytest.mark.parametrize(("count", "is_listed"), [(20, True), (21, False)])
def test_few_classes_are_listed(tmp_path, count, is_listed):
    file = tmp_path / "labels.txt"
    file.write_text("".join(f"class `{n}`\n" for n in range(count)))
    record = records.make("mobilenet_v1_025_128", "classification", num_classes=count, labels=file)
    (tmp_path / "assets").mkdir()
    file.rename(tmp_path / "assets" / "labels.txt")
    names = class_names.read(tmp_path, record)
    assert len(names) == (count if is_listed else 0)
    text = render(None, record, class_names=names)
    assert ("logit 0 on: `` class `0` ``, `` class `1` ``," in text) == is_listed
    assert class_names.read(tmp_path / "nowhere", record) == ()
