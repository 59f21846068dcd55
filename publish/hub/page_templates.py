"""Templates of a hub's pages: styles, scripts, and the policy that lets nothing else run."""

from __future__ import annotations

import base64
import functools
import hashlib
import re
from importlib import resources
from typing import TYPE_CHECKING

from slimhub.common.version import __version__

if TYPE_CHECKING:
    import jinja2
    import markupsafe

_STYLES = ("site.css", "catalog.css", "model.css")
# Of each page a module script, put together from these files in their order.
SCRIPTS = {
    "catalog": (
        "catalog_rows.js",
        "catalog_state.js",
        "catalog_filters.js",
        "catalog_plot.js",
        "catalog_names.js",
        "catalog_comparison.js",
        "catalog.js",
    ),
    "model": ("copy_buttons.js",),
    "trial": ("picture.js", "trial.js"),
}


def render(template: str, *, can_try: bool = False, **values: object) -> str:
    """A page as HTML.

    Args:
      template: its file.
      can_try: whether the page runs the model that it shows.
      **values: what the template shows, escaped.
    """
    told = {"style": style(), "policy": policy(can_try=can_try), "can_try": can_try}
    return (
        _environment()
        .get_template(template)
        .render(values, **told, made_by=f"slimhub {__version__}")
    )


@functools.cache
def policy(*, can_try: bool = False) -> str:
    """The Content-Security-Policy that lets nothing run or load but what these pages hold.

    Args:
      can_try: whether a page also loads a runtime and a model from the hub, and runs them.
    """
    scripts = " ".join(_source(script(page)) for page in SCRIPTS)
    runtime = " 'self' 'wasm-unsafe-eval'" if can_try else ""
    more = " blob:; connect-src 'self'" if can_try else ""
    return (
        f"default-src 'none'; style-src {_source(style())}; script-src {scripts}{runtime}; "
        f"img-src data:{more}; base-uri 'none'; form-action 'none'"
    )


@functools.cache
def script(page: str) -> str:
    """The script of a page, as its element holds it.

    Args:
      page: one of `SCRIPTS`.
    """
    return "\n" + "\n".join(_static(name) for name in SCRIPTS[page])


@functools.cache
def style() -> str:
    """The style sheet of all pages, as its element holds it."""
    from pygments.formatters import HtmlFormatter

    light = HtmlFormatter(style="default").get_style_defs(".highlight")
    dark = HtmlFormatter(style="github-dark").get_style_defs(".highlight")
    own = "\n".join(_static(name) for name in _STYLES)
    return f"\n{own}\n{light}\n@media screen and (prefers-color-scheme: dark) {{\n{dark}\n}}\n"


def megabytes(count: int) -> str:
    """Bytes as people read them."""
    return f"{count / 1e6:.1f} MB" if count >= 1e5 else f"{count / 1e3:.1f} kB"


def breakable(name: str) -> markupsafe.Markup:
    """A name that may go on in the next line after each of its parts."""
    import markupsafe

    return markupsafe.Markup("<wbr>").join(re.split(r"(?<=[/_.])", name))


@functools.cache
def _environment() -> jinja2.Environment:
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("slimhub.publish.hub", "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"breakable": breakable, "size": megabytes}
    environment.globals["script"] = script
    return environment


def _source(text: str) -> str:
    """An inline script or style as a policy names it."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _static(name: str) -> str:
    return resources.files("slimhub.publish.hub").joinpath("static", name).read_text("utf-8")
