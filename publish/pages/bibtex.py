"""BibTeX of a paper."""

from __future__ import annotations

import re
import unicodedata

from slimhub.nets import Paper

_ARXIV = re.compile(r"https?://arxiv\.org/abs/(?P<number>[\w./-]+)")
_SPECIAL = re.compile(r"([&%$#_{}])")


def bibtex(paper: Paper) -> str:
    """An entry for a paper.

    Args:
      paper: what is cited.
    """
    arxiv = _ARXIV.fullmatch(paper.url)
    fields = {
        "title": f"{{{_escaped(paper.title)}}}",  # the second pair of braces keeps the case
        "author": _escaped(" and ".join(paper.authors.split(", "))),
        "year": str(paper.year),
        "url": paper.url,
    }
    if arxiv:
        fields["journal"] = f"arXiv preprint arXiv:{arxiv['number']}"
    lines = [f"  {key} = {{{value}}}," for key, value in fields.items()]
    kind = "article" if arxiv else "misc"
    return "\n".join([f"@{kind}{{{_key(paper)},", *lines, "}"])


def _key(paper: Paper) -> str:
    surname = paper.authors.split(", ")[0].split()[-1]
    first = paper.title.split()[0]
    plain = unicodedata.normalize("NFKD", f"{surname}{paper.year}{first}")
    return re.sub(r"[^a-z0-9]", "", plain.lower())


def _escaped(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", text)
