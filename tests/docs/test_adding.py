"""The files that CONTRIBUTING and the ADDING files name are there."""

import re

import pytest

from tests.fixtures.documents import documents
from tests.fixtures.support import REPOSITORY

GUIDES = [p for p in documents() if p.name in ("ADDING.md", "CONTRIBUTING.md")]
_FILE = re.compile(r"[\w./-]+(/|\.(py|md|toml|yml|png))")


def named(text):
    """Files and folders in backticks; what holds a placeholder such as NAME is left out."""
    prose = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    spans = re.findall(r"`([^`\n]+)`", prose)
    return {
        s for s in spans if _FILE.fullmatch(s) and not re.search(r"\b_?[A-Z]{3,}_?(?!\w*\.md)", s)
    }


def test_each_kind_of_addition_has_a_guide():
    folders = {str(p.parent.relative_to(REPOSITORY)) for p in GUIDES}
    assert folders == {
        ".",
        "export/formats",
        "nets/families",
        "publish/destinations",
        "slimhub/cli",
    }


@pytest.mark.parametrize("path", GUIDES, ids=lambda path: str(path.relative_to(REPOSITORY)))
def test_the_files_it_names_are_there(path):
    names = named(path.read_text("utf-8"))
    assert len(names) >= 4
    missing = [n for n in names if not (REPOSITORY / n).exists() and not (path.parent / n).exists()]
    assert missing == []
