"""The Markdown of pages as HTML, with anchors and tables that a phone can show."""

from __future__ import annotations

import dataclasses
import functools
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from slimhub.publish.hub import page_templates

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

_ALIGNMENT = re.compile(r"text-align:(left|center|right)")
_OUTLINE = (2, 3)  # levels of the headings that a table of contents has
_KEPT = 256  # pages, of 20 to 50 kB: a hub renders its pages three times to publish one model


@dataclasses.dataclass(frozen=True)
class Heading:
    """A heading of a page: its level, its text, and the anchor it can be linked by."""

    level: int
    text: str
    anchor: str


@dataclasses.dataclass(frozen=True)
class Rendered:
    """The body of a page, and the headings of its table of contents."""

    html: str
    headings: tuple[Heading, ...]


def render(text: str, taken: Sequence[str] = ()) -> Rendered:
    """HTML of Markdown; what is HTML in it is shown as text.

    Args:
      text: Markdown.
      taken: anchors that its headings cannot have.
    """
    return _rendered(text, tuple(taken))


@functools.lru_cache(_KEPT)
def _rendered(text: str, taken: tuple[str, ...]) -> Rendered:
    parser = _parser()
    tokens = _without_empty_heads(parser.parse(text))
    headings = _with_anchors(tokens, set(taken))
    _mark_cells(tokens)
    html: str = parser.renderer.render(tokens, parser.options, {})
    return Rendered(html, tuple(heading for heading in headings if heading.level in _OUTLINE))


def inline(text: str) -> str:
    """HTML of a line of Markdown."""
    html: str = _parser().renderInline(text)
    return html


def plain(text: str) -> str:
    """The words of a line of Markdown."""
    return "".join(_words(token.children or []) for token in _parser().parseInline(text))


def _words(tokens: Sequence[Token]) -> str:
    kept = ("text", "code_inline", "softbreak")
    return "".join(token.content or " " for token in tokens if token.type in kept)


def _with_anchors(tokens: list[Token], taken: set[str]) -> list[Heading]:
    """Gives headings anchors, and no level that skips one: readers by ear go by levels."""
    found: list[Heading] = []
    level = 1
    for start, content, end in zip(tokens, tokens[1:], tokens[2:], strict=False):
        if start.type != "heading_open":
            continue
        level = max(2, min(int(start.tag[1:]), level + 1))
        start.tag = end.tag = f"h{level}"
        text = _words(content.children or [])
        anchor = _anchor(text, taken)
        taken.add(anchor)
        start.attrSet("id", anchor)
        has_links = any(child.type == "link_open" for child in content.children or [])
        start.meta["is_link"] = end.meta["is_link"] = not has_links
        found.append(Heading(level, text, anchor))
    return found


def _anchor(text: str, taken: set[str]) -> str:
    """The words of a heading as an anchor, numbered where another one has them."""
    plain = re.sub(r"[^\w]+", "-", text.lower()).strip("-") or "section"
    number, anchor = 1, plain
    while anchor in taken:
        number += 1
        anchor = f"{plain}-{number}"
    return anchor


def _without_empty_heads(tokens: list[Token]) -> list[Token]:
    """Leaves out heads of tables that have no words, which Markdown asks for."""
    kept: list[Token] = []
    start = 0
    for token in tokens:
        if token.type == "thead_open":
            start = len(kept)
        kept.append(token)
        if token.type == "thead_close" and not any(t.content.strip() for t in kept[start:]):
            del kept[start:]
    return kept


def _mark_cells(tokens: list[Token]) -> None:
    """Names alignments by classes, as the policy refuses styles of elements; heads have words."""
    for start, content, end in zip(tokens, tokens[1:], tokens[2:], strict=False):
        if start.type not in ("th_open", "td_open"):
            continue
        if not content.content.strip():
            start.tag = end.tag = "td"
        if found := _ALIGNMENT.fullmatch(str(start.attrs.pop("style", ""))):
            start.attrSet("class", found[1])
        for child in content.children or []:
            child.meta["is_breakable"] = True


@functools.cache
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt

    # Of its presets the one for texts of unknown origin: no HTML, and no links but to
    # http, https, mailto and the page itself.
    parser = MarkdownIt("js-default", {"highlight": _highlight, "html": False, "linkify": False})
    wide = '<div class="wide" tabindex="0">'
    parser.add_render_rule("table_open", lambda *_: f"{wide}<table>\n")
    parser.add_render_rule("table_close", lambda *_: "</table></div>\n")
    parser.add_render_rule("heading_open", _open_heading)
    parser.add_render_rule("heading_close", _close_heading)
    parser.add_render_rule("code_inline", _code)
    return parser


def _open_heading(_renderer: object, tokens: Sequence[Token], place: int, *_: object) -> str:
    """The start of a heading that links to itself, unless there is another link in it."""
    anchor = tokens[place].attrGet("id")
    link = f'<a class="anchor" href="#{anchor}">' if tokens[place].meta["is_link"] else ""
    return f'<{tokens[place].tag} id="{anchor}">{link}'


def _close_heading(_renderer: object, tokens: Sequence[Token], place: int, *_: object) -> str:
    return f"{'</a>' if tokens[place].meta['is_link'] else ''}</{tokens[place].tag}>\n"


def _code(_renderer: object, tokens: Sequence[Token], place: int, *_: object) -> str:
    """Code in a line; in a cell it may go on in the next line after each part of a name."""
    import markupsafe

    content = tokens[place].content
    is_breakable = "is_breakable" in tokens[place].meta
    shown = page_templates.breakable(content) if is_breakable else markupsafe.escape(content)
    return f"<code>{shown}</code>"


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
