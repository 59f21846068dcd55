"""What a publisher says about a model beside its record: texts for its page and cards."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping

from slimhub.common import foreign_files
from slimhub.common.errors import RequestError, option
from slimhub.publish.pages.checker import grammar

_LARGEST = 65_536  # bytes of a file
_FENCE = re.compile(r" {0,3}(?P<fence>`{3,}|~{3,})(?P<rest>.*)")
FILES = ("intended_use", "changelog")  # Markdown, read from files; the others are plain text


@dataclasses.dataclass(frozen=True)
class PublisherTexts:
    """Texts of one version; None is not given, an empty one takes back what was given before.

    Attributes:
      description: a sentence or two in place of the generated ones, plain text.
      intended_use: what the model is for, and what it is not for; Markdown.
      training_data: what the weights were trained on, plain text.
      colab: URL of a notebook on colab.research.google.com.
      changelog: what changed in this version; Markdown.
    """

    description: str | None = None
    intended_use: str | None = None
    training_data: str | None = None
    colab: str | None = None
    changelog: str | None = None

    @classmethod
    def of(cls, texts: Mapping[str, str]) -> PublisherTexts:
        """Texts by name, as `given` returns them; names that are not known are passed over."""
        return cls(**{name: text for name, text in texts.items() if name in NAMES})

    def given(self) -> dict[str, str]:
        """The texts that are not empty, by name."""
        return {name: text for name, text in dataclasses.asdict(self).items() if text}

    def over(self, kept: PublisherTexts) -> PublisherTexts:
        """These texts and, where one is not given, the kept one."""
        mine = {name: text for name, text in dataclasses.asdict(self).items() if text is not None}
        return PublisherTexts.of(kept.given() | mine)

    @classmethod
    def from_options(cls, options: Mapping[str, str]) -> PublisherTexts | None:
        """Texts as people pass them: long ones are paths of Markdown files.

        Args:
          options: by name; other names than those of texts are passed over.

        Returns:
          Checked texts, None if no option is one.

        Raises:
          RequestError: if a file cannot be read, or a page cannot hold a text.
        """
        given = {name: options[name] for name in NAMES if name in options}
        if not given:
            return None
        texts = cls(**{n: read(v) if v and n in FILES else v for n, v in given.items()})
        texts.check()
        return texts

    def check(self) -> None:
        """Refuses what a page cannot hold.

        Raises:
          RequestError: names the option, and says what to do.
        """
        if self.colab:
            message = grammar.complaint(grammar.KINDS["Module"], "colab", self.colab)
            if message or re.search(r"[\s<>()\"'`\\|]", self.colab):
                raise RequestError(message or f"{option('colab')} is not the URL of a notebook")
        for name in FILES:
            complaint = _complaint(getattr(self, name) or "")
            if complaint:
                raise RequestError(f"the text of {option(name)} {complaint}")


NAMES = tuple(field.name for field in dataclasses.fields(PublisherTexts))


def read(path: str) -> str:
    """A Markdown file for a page.

    Args:
      path: of the file.

    Raises:
      RequestError: where it cannot be read, is not UTF-8, or is too large for a page.
    """
    try:
        content = foreign_files.read(path)
        if len(content) > _LARGEST:
            raise RequestError(f"{path} has more than {_LARGEST} bytes: too much for a page")
        return content.decode("utf-8-sig").replace("\r\n", "\n").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise RequestError(f"cannot read {path}: {reason}") from error


def _complaint(text: str) -> str | None:
    """What in a passage would change the page around it."""
    fence, before = "", ""
    for number, line in enumerate(text.splitlines(), 1):
        found = _FENCE.fullmatch(line)
        if fence:
            if found and found["fence"].startswith(fence) and not found["rest"].strip():
                fence = ""
        elif found:
            fence = found["fence"]
        elif "<!--" in line:
            return f"has an HTML comment on line {number}: remove it"
        elif before.strip() and re.fullmatch(r" {0,3}(=+|-+)\s*", line):
            return f"underlines a heading on line {number}: write headings with #"
        before = line
    return "has a code block that does not end: close it" if fence else None


def passage(text: str, level: int) -> str:
    """Markdown for a page, with its headings below the page's own.

    Args:
      text: that `check` has accepted.
      level: of the page's heading above it.
    """
    fence, lines = "", []
    for line in text.strip().splitlines():
        found = _FENCE.fullmatch(line)
        if fence and found and found["fence"].startswith(fence) and not found["rest"].strip():
            fence = ""
        elif found and not fence:
            fence = found["fence"]
        elif not fence and (heading := re.match(r" {0,3}(#{1,6})(?=\s|$)", line)):
            marks = "#" * min(6, level + len(heading[1]))
            line = marks + line[heading.end() :]
        lines.append(line.rstrip())
    return "\n".join(lines)
