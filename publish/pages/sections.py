"""The sections of pages and cards: one template each."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable
from importlib import resources
from typing import TYPE_CHECKING, Any

from slimhub.publish.pages import markdown

if TYPE_CHECKING:
    import jinja2

PAGE = (
    "header",
    "overview",
    "usage",
    "variants",
    "accuracy",
    "fine_tuning",
    "endpoints",
    "cost",
    "training",
    "provenance",
    "proof",
    "license",
    "citation",
    "changelog",
)


def render(values: dict[str, Any], names: Iterable[str]) -> str:
    """Sections that have something to say, as Markdown.

    Args:
      values: what the templates may use.
      names: of the sections, in their order.
    """
    sections = [_section(_environment().get_template(name), values) for name in names]
    return "\n\n".join(section for section in sections if section) + "\n"


def _source(name: str) -> str:
    file = resources.files("slimhub.publish.pages").joinpath("templates", f"{name}.md.jinja")
    return file.read_text("utf-8")


@functools.cache
def _environment() -> jinja2.Environment:
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(_source),
        autoescape=False,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
        finalize=markdown.text,  # every value is escaped, unless a filter below did it
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
    return environment


def _section(template: jinja2.Template, values: dict[str, Any]) -> str:
    return re.sub(r"\n{3,}", "\n\n", template.render(values)).strip("\n")
