"""What a publisher said stays with the page or card of its version."""

from pathlib import Path

import pytest

from slimhub.publish.package import Package
from slimhub.publish.pages import cards, statements
from slimhub.publish.pages.publisher_texts import PublisherTexts
from tests.fixtures import records
from tests.publish.pages.test_page import NASTY

SAID = {"license": "mit", "description": "Tells roses from tulips.", "changelog": "* One.\n* Two."}


def package(license=None, dataset=None, **texts):
    given = PublisherTexts(**texts) if texts else None
    return Package(Path("nowhere"), records.make(), {}, None, license, dataset, given)


def test_what_was_said_is_read_again_for_the_same_version_only():
    text = statements.with_note("# Page\n", package(**SAID), "2")
    assert text.startswith("# Page\n\n<!-- ")
    assert statements.read(text, "2") == SAID
    assert statements.of_others(text, "2") == {}
    assert statements.read(text, "3") == {}
    assert statements.of_others(text, "3") == SAID
    assert statements.with_note("# Page\n", package(description=""), "2") == "# Page\n"


@pytest.mark.parametrize(
    "nasty", [*NASTY, "a --> b <!-- c", "---", "x--"], ids=range(len(NASTY) + 3)
)
def test_any_text_stays_inside_its_comment(nasty):
    text = statements.with_note("# Page\n", package(description=nasty or "x"), "2")
    assert statements.read(text, "2") == {"description": nasty or "x"}
    (line,) = text.splitlines()[2:]
    assert line.count("--") == 2


def test_what_is_not_given_again_is_kept_and_an_empty_text_takes_back():
    again = statements.over(package(description="Other.", changelog=""), SAID)
    assert statements.of(again) == {"license": "mit", "description": "Other."}
    assert statements.of(statements.over(package(), SAID)) == SAID
    assert statements.of(statements.over(package("apache-2.0"), SAID))["license"] == "apache-2.0"


def test_a_quoted_note_is_not_taken_for_the_real_one():
    quoted = statements.with_note("x", package(description="Theirs."), "2")
    use = f"```\n{quoted}```"
    PublisherTexts(intended_use=use).check()
    text = statements.with_note(use, package(intended_use=use), "2")
    assert statements.read(text, "2") == {"intended_use": use}


@pytest.mark.parametrize("note", ["{", '{"version": 2}', '{"version": "2", "license": 3}', "[]"])
def test_damaged_notes_say_nothing(note):
    assert statements.read(f"<!-- what the publisher said: {note} -->", "2") == {}


def test_cards_are_still_known_as_written_here():
    given = package(**SAID)
    texts = cards.kaggle(given, "LOAD", "2")
    card = cards.huggingface(given, "LOAD", "net", "mit", "v2")
    assert cards.is_own(texts["overview"])
    assert cards.is_own(card)
    assert statements.read(texts["overview"], "2") == statements.read(card, "v2") == SAID
