"""The page of a version that its publisher withdrew."""

from __future__ import annotations

from slimhub.publish.handle import Handle
from slimhub.publish.pages.markdown import Markdown, code, link, text

_LEGACY = {"asset-path": ["legacy"]}  # there is no archive any more


def render(
    handle: Handle, metadata: dict[str, list[str]], reason: str, sha256: str, instead: str | None
) -> str:
    """The page as Markdown, in the hub's grammar.

    Args:
      handle: of the version.
      metadata: of its page before: key -> values.
      reason: why it was withdrawn, plain text; may be empty.
      sha256: of the archive that was there.
      instead: URL of the page of a version to use instead, which ends in its number and `.html`;
        None where there is none.
    """
    lines = [f"<!-- {k}: {v} -->" for k, all_ in (metadata | _LEGACY).items() for v in all_]
    number = (instead or "").rpartition("/")[2].removesuffix(".html")
    newest = Markdown(code(f"{handle.model}/{number}"))
    return "\n".join(
        [
            f"# Module {handle}",
            "Withdrawn by its publisher: this version can no longer be loaded.",
            "",
            *lines,
            "",
            "## Withdrawn",
            "",
            *([f"Reason: {text(reason)}", ""] if text(reason) else []),
            "The files of this version were removed, and its number is never used again.",
            *([f"Use {link(newest, instead)} instead."] if instead else []),
            "",
            f"The sha256 of its archive was {code(sha256)}.",
            "",
        ]
    )
