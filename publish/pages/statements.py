"""What a publisher said about a version, kept in its page or card for the next time.

A hub in a folder has an index for that. Elsewhere a comment at the end of the text holds it as
JSON, without `--`, which would end the comment.
"""

from __future__ import annotations

import dataclasses
import json
import re

from slimhub.publish.package import Package
from slimhub.publish.pages import measured_figures
from slimhub.publish.pages.publisher_texts import PublisherTexts

_NOTE = "<!-- what the publisher said: {} -->"
_NOTED = re.compile(_NOTE.format(r"(\{.*\})"))
_VERSION = "version"
_MEASURED = "measured"

Statements = dict[str, str]


def of(package: Package) -> Statements:
    """What a package says beside its record, by name; empty texts are not among it.

    Args:
      package: to be published.
    """
    texts = package.texts.given() if package.texts is not None else {}
    ids = {
        "license": package.license,
        "dataset": package.dataset,
        _MEASURED: measured_figures.dump(package.measured),
    }
    return {name: value for name, value in ids.items() if value} | texts


def with_note(text: str, package: Package, version: str) -> str:
    """A page or card that keeps what its package says; unchanged if that is nothing.

    Args:
      text: Markdown.
      package: to be published.
      version: of the package at that place.
    """
    said = of(package)
    if not said:
        return text
    content = json.dumps({_VERSION: version} | said)
    note = _NOTE.format(content.replace("--", r"\u002d\u002d"))
    return f"{text.rstrip()}\n\n{note}\n"


def read(text: str, version: str) -> Statements:
    """What was said about a version.

    Args:
      text: a page or card from a place.
      version: of which something is wanted.

    Returns:
      Nothing if the text is about another version, or holds no valid note.
    """
    said = _noted(text)
    return said if said.pop(_VERSION, None) == version else {}


def of_others(text: str, version: str) -> Statements:
    """What a text says about another version, see `read`."""
    said = _noted(text)
    return said if said.pop(_VERSION, version) != version else {}


def over(package: Package, said: Statements) -> Package:
    """A package that also says what was said before, where it does not say something else.

    Args:
      package: to be published; an empty text of it takes back an earlier one.
      said: from `read`.
    """
    kept = PublisherTexts.of(said)
    texts = package.texts.over(kept) if package.texts is not None else kept
    return dataclasses.replace(
        package,
        license=package.license or said.get("license"),
        dataset=package.dataset or said.get("dataset"),
        texts=texts,
        measured=package.measured or measured_figures.parse(said.get(_MEASURED, "")),
    )


def _noted(text: str) -> Statements:
    """The last note: an earlier one would be a quotation in a publisher's own text."""
    found = _NOTED.findall(text)
    try:
        said = json.loads(found[-1]) if found else {}
    except (ValueError, RecursionError):
        return {}
    is_ours = all(isinstance(value, str) for value in said.values())
    return said if is_ours else {}
