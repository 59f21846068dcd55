"""Takes a documentation page apart: first line, description, metadata."""

from __future__ import annotations

import dataclasses
import re

from slimhub.publish.pages.checker.grammar import KINDS, Kind

_METADATA = re.compile(r"<!--(?P<key>(\w|\s|-)+):(?P<value>.+)-->")
_ICON = "[![Icon URL]]"


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
class Page:
    """A page that is being checked.

    Attributes:
      kind: by its first line.
      handle: what that line names: `publisher`, and but for a publisher `name` and `version`.
      lines: all of it.
      complaints: what is wrong, in no order.
      metadata: index of the line, key and value.
      end: index of the first line below the metadata.
    """

    kind: Kind
    handle: dict[str, str]
    lines: list[str]
    complaints: list[Complaint] = dataclasses.field(default_factory=list)
    metadata: list[tuple[int, str, str]] = dataclasses.field(default_factory=list)
    end: int = 0

    def complain(self, index: int, message: str) -> None:
        """Notes what is wrong with the line of an index; past the end it is the last line's."""
        self.complaints.append(Complaint(min(index, len(self.lines) - 1) + 1, message))


def read(text: str) -> Page | Complaint:
    """Reads a page down to its first heading.

    Args:
      text: the page.

    Returns:
      The page, with complaints about lines that are not of the form they must have, or the
      complaint about a first line that does not tell what it is.
    """
    lines = text.split("\n")
    first = lines[0].replace("&zwnj;", "")  # the hub's way to break long names
    kind, rest = _kind(first)
    if kind is None:
        return Complaint(1, _unknown_kind(first))
    handle = re.fullmatch(kind.handle, rest)
    if handle is None:
        return Complaint(1, _bad_handle(kind, rest))
    page = Page(kind, handle.groupdict(), lines)
    page.end = _read_metadata(page, _read_description(page))
    return page


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
        f"{rest!r} is not {form}, such as {kind.example}: a publisher has lower case letters, "
        "digits and - only, names have letters, digits, _, . and -, a version is a number"
    )


def _carriage_return() -> str:
    return "ends in a carriage return: save the file with the line ends of Unix"


def _read_description(page: Page) -> int:
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


def _read_metadata(page: Page, index: int) -> int:
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
