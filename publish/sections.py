"""The sections of a documentation page: one template each."""

from __future__ import annotations

import functools
import re
from importlib import resources
from typing import TYPE_CHECKING, Any

from publish import markdown

if TYPE_CHECKING:
    import jinja2

_SECTIONS = (
    "header",
    "savedmodel",
    "overview",
    "training",
    "usage",
    "fine_tuning",
    "endpoints",
    "cost",
    "verification",
    "provenance",
    "licence",
    "citation",
    "changelog",
)


def render(values: dict[str, Any]) -> str:
    """All sections that have something to say, as Markdown.

    Args:
      values: what the templates tell.
    """
    sections = [_section(template, values) for template in _templates()]
    return "\n\n".join(section for section in sections if section) + "\n"


@functools.cache
def _templates() -> tuple[jinja2.Template, ...]:
    """The templates of all sections, in their order."""
    import jinja2

    environment = jinja2.Environment(
        autoescape=False,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
        finalize=markdown.text,  # every value is made harmless, unless a filter below did it
    )
    environment.filters |= {
        "block": markdown.block,
        "code": markdown.code,
        "code_cell": markdown.code_cell,
        "link": markdown.link,
        "literal": markdown.literal,
        "megabytes": lambda size: f"{size / 1e6:.1f} MB",
        "millions": lambda count: f"{count / 1e6:.2f}",
        "number": lambda count: f"{count:,}",
        "one_line": markdown.one_line,
        "raw": markdown.Markdown,  # of values that were checked
        "shape": lambda shape: f"batch x {' x '.join(map(str, shape))}",
        "text": markdown.text,
    }
    folder = resources.files("publish").joinpath("templates")
    return tuple(
        environment.from_string(folder.joinpath(f"{name}.md.jinja").read_text("utf-8"))
        for name in _SECTIONS
    )


def _section(template: jinja2.Template, values: dict[str, Any]) -> str:
    return re.sub(r"\n{3,}", "\n\n", template.render(values)).strip("\n")
