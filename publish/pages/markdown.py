"""Values as Markdown: whatever they hold, they stay inside the place that is meant for them."""

from __future__ import annotations

import json
import re
import unicodedata

_SPECIAL = re.compile(r"([\\`*_\[\]#~])")
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "|": "&#124;"}


class Markdown(str):
    """Text that is Markdown already, and is not to be made harmless once more."""

    __slots__ = ()


def text(value: object) -> Markdown:
    """A value as plain text on one line, unless it is Markdown already."""
    if isinstance(value, Markdown):
        return value
    escaped = _SPECIAL.sub(r"\\\1", one_line(value))
    return Markdown("".join(_ENTITIES.get(character, character) for character in escaped))


def code(value: object) -> Markdown:
    """A value as code inside a line."""
    line = one_line(value) or " "
    fence = "`" * (_longest_run(line) + 1)
    pad = " " if line.startswith("`") or line.endswith("`") else ""
    return Markdown(f"{fence}{pad}{line}{pad}{fence}")


def code_cell(value: object) -> Markdown:
    """A value as code in a table, where a bar would end the cell even inside code."""
    return text(value) if "|" in str(value) else code(value)


def block(value: str, language: str = "") -> Markdown:
    """Lines of code."""
    fence = "`" * max(3, _longest_run(value) + 1)
    return Markdown(f"{fence}{language}\n{value}\n{fence}")


def literal(value: str) -> Markdown:
    """A string as Python writes it, on one line, for use inside a block of code."""
    return Markdown(json.dumps(value).replace("`", r"\u0060"))


def link(label: Markdown, url: str) -> Markdown:
    """A link, where the URL is one that may be linked; otherwise its label alone."""
    if not re.fullmatch(r"https?://[^\s<>()\\`\"'|]+", url):
        return label
    return Markdown(f"[{label}]({url})")


def one_line(value: object) -> str:
    """A value without control characters, ends of lines and invisible marks of direction."""
    kept = "".join(
        " " if unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp") else character
        for character in str(value)
    )
    return " ".join(kept.split())


def _longest_run(line: str) -> int:
    return max(map(len, re.findall("`+", line)), default=0)
