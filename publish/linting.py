"""A linter for documentation pages: accepts what TensorFlow Hub's own checker accepts.

It needs neither TensorFlow nor the archive that a page speaks of. What it cannot know, it leaves:
whether the models that a collection links have pages, and what is in the archive.
"""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

from export.errors import RequestError
from publish import grammar, locations
from publish.grammar import KINDS, Kind

_METADATA = re.compile(r"<!--(?P<key>(\w|\s|-)+):(?P<value>.+)-->")
_ICON = "[![Icon URL]]"
_MODEL_LINK = re.compile(
    r"https://tfhub\.dev/[a-z\d-]+/((tfjs|lite|coral)-model/)?[\w.-]+(/[\w.-]+)*"
)


@dataclasses.dataclass(frozen=True, order=True)
class Complaint:
    """What is wrong with a page.

    Attributes:
      line: number of the line, from 1 on.
      message: what is wrong there, and what to do.
    """

    line: int
    message: str


@dataclasses.dataclass
class _Page:
    """A page while it is read."""

    kind: Kind
    lines: list[str]
    complaints: list[Complaint] = dataclasses.field(default_factory=list)
    metadata: list[tuple[int, str, str]] = dataclasses.field(default_factory=list)

    def complain(self, index: int, message: str) -> None:
        """Notes a complaint about the line with an index, or the last one."""
        self.complaints.append(Complaint(min(index, len(self.lines) - 1) + 1, message))


def check(text: str, path: str | None = None) -> list[Complaint]:
    """Everything that is wrong with a page, from top to bottom.

    Args:
      text: the page, as read without any conversion of its line ends.
      path: where it is; checked where it tells the place in a repository of pages, as
        `…/PUBLISHER/models/NAME/VERSION.md` does.

    Returns:
      No complaint for a page that the hub accepts.
    """
    lines = text.split("\n")
    first = lines[0].replace("&zwnj;", "")  # the hub's way to break long names
    kind, rest = _kind(first)
    if kind is None:
        return [Complaint(1, _unknown_kind(first))]
    handle = re.fullmatch(kind.handle, rest)
    if handle is None:
        return [Complaint(1, _bad_handle(kind, rest))]
    page = _Page(kind, lines)
    end = _read_metadata(page, _read_description(page))
    _check_metadata(page)
    if kind.name == "Collection" and not _MODEL_LINK.search("\n".join(lines[end:])):
        page.complain(end, "a collection must link a model, as https://tfhub.dev/PUBLISHER/NAME/1")
    if path is not None:
        _check_location(page, handle.groupdict(), path)
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
        content = Path(path).read_bytes()
    except OSError as error:
        raise RequestError(f"cannot read the page {path}: {error.strerror}") from error
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        return [Complaint(line, "is not UTF-8: save the file in that encoding")]
    complaints = check(text, path)
    for root, below in locations.splits(path):
        publisher = below.split("/")[0]
        page = root / publisher / f"{publisher}.md"
        if not page.is_file():
            message = f"the publisher {publisher} has no page: write it as {page}"
            return sorted([*complaints, Complaint(1, message)])
    return complaints


def _kind(first: str) -> tuple[Kind | None, str]:
    words = first.split(" ", 2)
    if len(words) < 3 or words[0] != "#":
        return None, ""
    return KINDS.get(words[1]), words[2]


def _unknown_kind(first: str) -> str:
    if first.startswith("\ufeff"):
        return "begins with a byte order mark: save the file as UTF-8 without one"
    kinds = ", ".join(KINDS)
    return f"must be '# KIND HANDLE', KIND being one of {kinds}, not {first!r}"


def _bad_handle(kind: Kind, rest: str) -> str:
    if rest.endswith("\r"):
        return _carriage_return()
    form = "PUBLISHER" if kind.name == "Publisher" else "PUBLISHER/NAME/VERSION"
    return (
        f"{rest!r} is no {form}, such as {kind.example}: a publisher has lower case letters, "
        "digits and - only, names have letters, digits, _, . and -, a version is a number"
    )


def _carriage_return() -> str:
    return "ends in a carriage return: save the file with the line ends of Unix"


def _read_description(page: _Page) -> int:
    """Checks the description, and finds the line after it."""
    lines = page.lines
    start = 1 if len(lines) > 1 and lines[1] else 2  # one empty line may be before it
    index = start
    while index < len(lines) and lines[index] and not lines[index].startswith("<!--"):
        index += 1
    if index == start:
        page.complain(start, "a line of description is missing: write it below the first line")
    elif index == len(lines):
        page.complain(index, "the page ends in its description: end it with an empty line")
    return index


def _read_metadata(page: _Page, index: int) -> int:
    """Reads the lines up to the first heading, and finds that."""
    while index < len(page.lines) and not page.lines[index].startswith("#"):
        line = page.lines[index]
        match = _METADATA.fullmatch(line)
        if match:
            page.metadata.append((index, match["key"].strip(), match["value"].strip()))
        elif line and not line.startswith(_ICON):
            page.complain(index, _unexpected(line))
        index += 1
    return index


def _unexpected(line: str) -> str:
    if line.endswith("\r"):
        return _carriage_return()
    if line.lstrip().startswith("<!--"):
        return f"metadata must be '<!-- KEY: VALUE -->' alone on a line, not {line!r}"
    return (
        f"{line[:60]!r} cannot stand here: between description and first heading there is metadata "
        "only; move it below a heading"
    )


def _check_metadata(page: _Page) -> None:
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
    for key in sorted(kind.required - found.keys()):
        page.complain(top, f"{key} is missing: add a line '<!-- {key}: … -->'")


def _after_description(page: _Page) -> int:
    return next((i for i in range(2, len(page.lines)) if not page.lines[i]), len(page.lines))


def _check_location(page: _Page, handle: dict[str, str], path: str) -> None:
    wanted = locations.allowed(
        page.kind, handle["publisher"], handle.get("name"), handle.get("version")
    )
    places = [below for _, below in locations.splits(path)]
    if places and not set(places) & set(wanted):
        page.complain(0, f"the page is at {places[0]}: its first line asks for {wanted[0]}")
