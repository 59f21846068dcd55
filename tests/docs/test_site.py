"""The site builds without a warning, and links of files outside of it lead somewhere."""

import re
import subprocess
import sys

import pytest
from markdown.extensions.toc import slugify

from tests.fixtures.documents import documents
from tests.fixtures.support import REPOSITORY

_LINK = re.compile(r"\]\((?!https?://)([^)#\s]*)(?:#([^)\s]+))?\)")


def test_the_site_builds_strictly(tmp_path):
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(tmp_path)]
    finished = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True)
    assert finished.returncode == 0, finished.stderr
    assert "WARNING" not in finished.stderr
    text = (tmp_path / "api" / "nets" / "index.html").read_text("utf-8")
    assert 'id="slimhub.nets.NetworkSpec.customized"' in text
    assert (tmp_path / "images" / "hub_page.png").stat().st_size < 150_000


@pytest.mark.parametrize("path", documents(), ids=lambda path: str(path.relative_to(REPOSITORY)))
def test_relative_links_lead_to_files_and_headings(path):
    text = re.sub(r"```.*?```|`[^`\n]*`", "", path.read_text("utf-8"), flags=re.DOTALL)
    for target, anchor in _LINK.findall(text):
        found = path.parent / target if target else path
        assert found.exists(), target
        if anchor:
            headings = re.findall(r"(?m)^#+ (.+)$", found.read_text("utf-8"))
            assert anchor in {slugify(heading, "-") for heading in headings}, (target, anchor)


def test_the_readme_is_short():
    assert len((REPOSITORY / "README.md").read_text("utf-8").splitlines()) <= 200
