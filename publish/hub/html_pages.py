"""Pages of a hub as HTML: models, lists of models, errors.

The same pages are static files (links end in `.html`, models in `.tar.gz`) and what the server
answers (links and models are handles).
"""

from __future__ import annotations

import base64
import dataclasses
import functools
import hashlib
import re
from importlib import resources
from typing import TYPE_CHECKING, Any

from slimhub.common.version import __version__
from slimhub.publish import bundle
from slimhub.publish.handle import Handle
from slimhub.publish.hub.index import Index, Version
from slimhub.publish.pages import page_parts

if TYPE_CHECKING:
    import jinja2
    import markupsafe
    from markdown_it import MarkdownIt

_TASKS = {"feature_vector": "feature vector", "classification": "classification"}


@dataclasses.dataclass(frozen=True)
class Site:
    """Where pages are read.

    Attributes:
      index: what is published.
      url: address of the hub, without a `/` at its end.
      root: path of its start page, for pages that are answers of a server; None for pages that are
        files, which refer to each other by relative paths.
    """

    index: Index
    url: str
    root: str | None = None

    @property
    def is_static(self) -> bool:
        """Whether plain files are served, which have no handles."""
        return self.root is None

    def load_url(self, handle: str) -> str:
        """What `hub.KerasLayer` takes.

        Args:
          handle: of a version.
        """
        return f"{self.url}/{handle}{bundle.SUFFIX if self.is_static else ''}"


def model_page(site: Site, handle: Handle, markdown: str) -> str:
    """The page of one version.

    Args:
      site: where it is read.
      handle: of the version, which the index has.
      markdown: its page, with addresses of `index.url`.
    """
    version = site.index.published(handle)
    page = page_parts.split(_with_addresses(site, handle, markdown))
    metadata = [(k, v) for k, values in page.metadata.items() for v in values if k != "asset-path"]
    return _render(
        "model.html.jinja",
        handle.model.count("/") + 1,
        site,
        title=str(handle),
        handle=handle,
        load_url=site.load_url(str(handle)),
        description=_parser().renderInline(page.description),
        badges=metadata,
        body=_markdown(page.body),
        version=version,
        versions=sorted(site.index.models[handle.model].items(), reverse=True),
        newest=site.index.newest(handle.model),
        files=sorted(version.files.items()),
    )


def list_page(site: Site, prefix: str) -> str:
    """The start page, or that of a publisher or a part of its models.

    Args:
      site: where it is read.
      prefix: what the handles listed begin with, whole parts; empty for all.
    """
    newest = [(model, site.index.newest(model)) for model in site.index.under(prefix)]
    rows = [_row(model, version) for model, version in newest if version is not None]
    return _render(
        "list.html.jinja",
        len(prefix.split("/")) if prefix else 0,
        site,
        title=prefix or "Models",
        prefix=prefix,
        models=rows,
    )


def error_page(site: Site, status: int, message: str) -> str:
    """What the server answers where there is no page.

    Args:
      site: where it is read.
      status: of HTTP.
      message: says what to do.
    """
    title = {404: "Not found"}.get(status, "Error")
    return _render("error.html.jinja", 0, site, title=title, message=message)


def policy() -> str:
    """The Content-Security-Policy that lets nothing run but what these pages hold."""
    digest = base64.b64encode(hashlib.sha256(_static("hub.js").encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )


def _row(model: str, version: Version) -> dict[str, Any]:
    return {
        "model": model,
        "version": version,
        "description": _parser().renderInline(version.description),
        "task": _TASKS.get(version.task, version.task),
        "architecture": ", ".join(version.metadata.get("network-architecture", [])),
        "size": _size(version.archive.bytes),
        "words": " ".join((model, version.description, version.task, version.network)).lower(),
    }


def _with_addresses(site: Site, handle: Handle, markdown: str) -> str:
    """A page's text, with the addresses that hold here, and links to what is published."""
    archive = f"{site.index.url}/{handle}{bundle.SUFFIX}"
    link = re.compile(rf"\]\({re.escape(site.index.url)}/(?P<handle>[\w./-]+)\.html\)")
    root, ending = _root(site, handle.model.count("/") + 1), _ending(site)
    markdown = link.sub(lambda found: f"]({root}{found['handle']}{ending})", markdown)
    return markdown.replace(archive, site.load_url(str(handle)))


def _ending(site: Site) -> str:
    """What follows a handle in the address of its page."""
    return ".html" if site.is_static else ""


def _root(site: Site, depth: int) -> str:
    return site.root or "../" * depth or "./"


def _render(template: str, depth: int, site: Site, **values: object) -> str:
    root = _root(site, depth)
    return (
        _environment()
        .get_template(template)
        .render(
            values,
            root=root,
            site=site,
            ending=_ending(site),
            style=_style(),
            script=_static("hub.js"),
            policy=policy(),
            made_by=f"slimhub {__version__}",
        )
    )


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
    environment.filters |= {"breakable": _breakable, "size": _size}
    return environment


def _size(count: int) -> str:
    """Bytes as people read them."""
    return f"{count / 1e6:.1f} MB" if count >= 1e5 else f"{count / 1e3:.1f} kB"


def _breakable(name: str) -> markupsafe.Markup:
    """A name that may go on in the next line after each of its parts."""
    import markupsafe

    pieces = re.split(r"(?<=[/_.])", name)
    return markupsafe.Markup("<wbr>").join(pieces)


@functools.cache
def _style() -> str:
    from pygments.formatters import HtmlFormatter

    light = HtmlFormatter(style="default").get_style_defs(".highlight")
    dark = HtmlFormatter(style="github-dark").get_style_defs(".highlight")
    return f"{_static('hub.css')}\n{light}\n@media (prefers-color-scheme: dark) {{\n{dark}\n}}\n"


@functools.cache
def _static(name: str) -> str:
    return resources.files("slimhub.publish.hub").joinpath("static", name).read_text("utf-8")


def _markdown(text: str) -> str:
    """HTML of Markdown; what is HTML in it is shown as text."""
    html: str = _parser().render(text)
    return html


@functools.cache
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt

    # Of its presets the one for texts of unknown origin: no HTML, and no links but to
    # http, https, mailto and the page itself.
    parser = MarkdownIt("js-default", {"highlight": _highlight, "html": False, "linkify": False})
    wide = '<div class="wide" tabindex="0">'
    parser.add_render_rule("table_open", lambda *_: f"{wide}<table>\n")
    parser.add_render_rule("table_close", lambda *_: "</table></div>\n")
    return parser


def _highlight(code: str, language: str, _attributes: str) -> str:
    import pygments
    from pygments.formatters import HtmlFormatter
    from pygments.lexers import get_lexer_by_name
    from pygments.util import ClassNotFound

    try:
        lexer = get_lexer_by_name(language or "text")
    except ClassNotFound:
        lexer = get_lexer_by_name("text")
    marked = pygments.highlight(code, lexer, HtmlFormatter(nowrap=True))
    return f'<pre class="highlight" tabindex="0"><code>{marked}</code></pre>'
