"""A linter for documentation pages: accepts what TensorFlow Hub's own checker accepts.

It needs neither TensorFlow nor the archive that a page speaks of. What it cannot know, it leaves:
whether the models that a collection links have pages, and what is in the archive.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from slimhub.common import foreign_files
from slimhub.common.errors import RequestError
from slimhub.publish.pages.checker import grammar, page_locations, page_parser
from slimhub.publish.pages.checker.page_parser import Complaint, Page

_MODEL_LINK = re.compile(
    r"https://tfhub\.dev/[a-z\d-]+/((tfjs|lite|coral)-model/)?[\w.-]+(/[\w.-]+)*"
)


def check(text: str, path: str | None = None) -> list[Complaint]:
    """Everything that is wrong with a page, from top to bottom.

    Args:
      text: the page, as read without any conversion of its line ends.
      path: where it is; checked where it tells the place in a repository of pages, as
        `…/PUBLISHER/models/NAME/VERSION.md` does.

    Returns:
      No complaint for a page that the hub accepts.
    """
    page = page_parser.read(text)
    if isinstance(page, Complaint):
        return [page]
    _check_metadata(page)
    if page.kind.name == "Collection":
        _check_links(page)
    if path is not None:
        _check_location(page, path)
    return sorted(page.complaints)


def check_file(path: str) -> list[Complaint]:
    """`check` of a file; in a repository of pages, the publisher must have a page as well.

    Args:
      path: of the file.

    Returns:
      The complaints.

    Raises:
      RequestError: for a file that cannot be read.
    """
    try:
        content = foreign_files.read(path)
    except OSError as error:
        raise RequestError(f"cannot read the page {path}: {error.strerror}") from error
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        return [Complaint(line, "is not UTF-8: save the file in that encoding")]
    place = str(Path(path).absolute())
    page = page_parser.read(text)
    wanted = () if isinstance(page, Complaint) else _allowed(page)
    return sorted([*check(text, place), *_without_publisher(place, wanted)])


def _without_publisher(path: str, wanted: Sequence[str]) -> list[Complaint]:
    splits = page_locations.splits(path, wanted)
    places = [(root, below.split("/")[0]) for root, below in splits if "/" in below]
    pages = [root / publisher / f"{publisher}.md" for root, publisher in places]
    if not pages or any(page.is_file() for page in pages):
        return []
    return [Complaint(1, f"the publisher {places[-1][1]} has no page: write it as {pages[-1]}")]


def _check_metadata(page: Page) -> None:
    kind, known = page.kind, page.kind.required | page.kind.optional
    found: dict[str, set[str]] = {}
    for index, key, value in page.metadata:
        earlier = found.setdefault(key, set())
        if key not in known:
            allowed = f"it may have {', '.join(sorted(known))}" if known else "it has none"
            page.complain(index, f"a {kind.name} page has no {key!r}: leave it out; {allowed}")
        elif earlier - {value} and key not in grammar.REPEATABLE:
            page.complain(index, f"{key} has another value above: leave one of them")
        elif message := grammar.complaint(kind, key, value):
            page.complain(index, message)
        earlier.add(value)
    top = page.metadata[0][0] if page.metadata else _after_description(page)
    # A line that is complained of already may be the one that was meant.
    spoiled = "\n".join(page.lines[complaint.line - 1] for complaint in page.complaints)
    for key in sorted(key for key in kind.required - found.keys() if key not in spoiled):
        page.complain(top, f"{key} is missing: add a line '<!-- {key}: … -->'")


def _after_description(page: Page) -> int:
    return next((i for i in range(2, len(page.lines)) if not page.lines[i]), len(page.lines))


def _check_links(page: Page) -> None:
    if not _MODEL_LINK.search("\n".join(page.lines[page.end :])):
        example = "https://tfhub.dev/PUBLISHER/NAME/1"
        page.complain(page.end, f"a collection must link a model, as {example}")


def _check_location(page: Page, path: str) -> None:
    wanted = _allowed(page)
    places = [below for _, below in page_locations.splits(path, wanted)]
    if places and not set(places) & set(wanted):
        page.complain(0, f"the page is at {places[0]}: its first line asks for {wanted[0]}")


def _allowed(page: Page) -> tuple[str, ...]:
    handle = page.handle
    return page_locations.allowed(
        page.kind, handle["publisher"], handle.get("name"), handle.get("version")
    )
