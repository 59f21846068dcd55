"""Markdown of pages as HTML."""

import re

from slimhub.publish.hub import page_markdown


def test_headings_have_anchors_of_their_own_and_skip_no_level():
    text = "## Use `it`\n\n#### Use it\n\n## Files\n\n## [a](https://x)\n\n##### deep\n"
    found = page_markdown.render(text, taken=["files"])
    assert [(h.level, h.text, h.anchor) for h in found.headings] == [
        (2, "Use it", "use-it"),
        (3, "Use it", "use-it-2"),
        (2, "Files", "files-2"),
        (2, "a", "a"),
        (3, "deep", "deep"),
    ]
    assert '<h2 id="use-it"><a class="anchor" href="#use-it">Use <code>it</code></a></h2>' in (
        found.html
    )
    assert '<h2 id="a"><a href="https://x">a</a></h2>' in found.html  # no link in a link


def test_tables_have_no_styles_and_no_empty_heads():
    table = "|  | n |\n|---|--:|\n| `a_b/c` | 2 |\n"
    html = page_markdown.render(table + "\n| | |\n|---|---|\n| x | y |\n").html
    assert "style=" not in html
    assert '<td></td>\n<th class="right">n</th>' in html
    assert "<code>a_<wbr>b/<wbr>c</code>" in html
    assert html.count("<thead>") == 1
    assert html.count("<table>") == 2


def test_what_is_html_in_a_page_is_text():
    hostile = "<script>x</script>"
    text = f"## {hostile}\n\n`{hostile}`\n\n| `{hostile}` |\n|---|\n\n```py\n{hostile}\n```\n"
    found = page_markdown.render(text)
    assert "<script" not in found.html
    assert re.fullmatch(r"[\w-]+", found.headings[0].anchor)
    assert page_markdown.plain("An *idea* of `code`, [linked](https://x).") == (
        "An idea of code, linked."
    )
