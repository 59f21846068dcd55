"""The parts of a page that is written in the hub's grammar."""

from __future__ import annotations

import dataclasses
import re

_METADATA = re.compile(r"<!--\s*([\w -]+?)\s*:(.*)-->")


@dataclasses.dataclass(frozen=True)
class Parts:
    """A page, taken apart.

    Attributes:
      title: the first line, without its `#`.
      description: the lines up to the metadata, joined.
      metadata: key -> values, in the order of the page.
      body: Markdown from the first section on.
    """

    title: str
    description: str
    metadata: dict[str, list[str]]
    body: str


def split(text: str) -> Parts:
    """Takes a page apart; one that breaks the grammar gives what is there.

    Args:
      text: of the page, Markdown.
    """
    title, *lines = text.splitlines()
    start = next((n for n, line in enumerate(lines) if line.startswith("#")), len(lines))
    description: list[str] = []
    metadata: dict[str, list[str]] = {}
    for line in lines[:start]:
        found = _METADATA.fullmatch(line.strip())
        if found:
            metadata.setdefault(found[1], []).append(found[2].strip())
        elif line.strip():
            description.append(line.strip())
    return Parts(
        title.lstrip("# "), " ".join(description), metadata, "\n".join(lines[start:]) + "\n"
    )
