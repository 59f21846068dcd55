"""Withdrawing a version from a hub in a folder, all or nothing."""

from __future__ import annotations

import dataclasses
import difflib
from pathlib import Path

from slimhub.common.errors import RequestError
from slimhub.publish import bundle
from slimhub.publish.converted_files import SUFFIXES
from slimhub.publish.handle import Handle
from slimhub.publish.hub import hub_entries, hub_folder, index, journal, static_files
from slimhub.publish.hub.index import Index
from slimhub.publish.hub.view import View
from slimhub.publish.pages import lite_page, page_parts

_ALWAYS = (bundle.SUFFIX, bundle.DIGEST_SUFFIX, "")  # the endings that every version has


def withdraw(hub: Path, handle: Handle, reason: str | None) -> bool:
    """Withdraws a version: its files go, its page says so, and its number is never used again.

    Args:
      hub: folder.
      handle: of the version.
      reason: for its page, plain text; None for none, or the one that was given before.

    Returns:
      Whether it was published until now; a withdrawn version only gets another reason.

    Raises:
      RequestError: where the folder is not a hub, or does not have the version.
      PublishError: where something cannot be written.
      KeyboardInterrupt: says whether the version was withdrawn.
    """
    if index.read(hub) is None:
        raise RequestError(f"{hub} is not a hub: it has no {index.FILE}")
    stage = None
    try:
        with (
            hub_folder.changing(hub),
            journal.staged(hub, "nothing was withdrawn") as stage,
        ):
            known = index.read(hub) or Index()
            old = known.get(handle)
            if old is None:
                raise RequestError(_not_published(hub, handle, known))
            for name, text in _texts(View(hub), known, handle, reason).items():
                journal.write_surely(stage.place(name), text)
            for ending in (
                *(bundle.SUFFIX, bundle.DIGEST_SUFFIX, "", *SUFFIXES, lite_page.SUFFIX),
                *hub_entries.EVALUATIONS,
            ):
                if ending in _ALWAYS or (hub / f"{handle}{ending}").exists():
                    stage.remove(f"{handle}{ending}")
    except KeyboardInterrupt:
        is_done = stage is not None and stage.is_committed
        said = "it was withdrawn" if is_done else "nothing was withdrawn"
        raise KeyboardInterrupt(said) from None
    return old.withdrawn is None


def _texts(hub: View, known: Index, handle: Handle, reason: str | None) -> dict[str, str]:
    """Pages and index as they are then, by path in the hub."""
    old = known.published(handle)
    version = dataclasses.replace(old, withdrawn=old.withdrawn or "" if reason is None else reason)
    markdown = static_files.page_of(handle, "", known.with_version(handle, version))
    head = page_parts.split(markdown)
    version = dataclasses.replace(version, description=head.description, metadata=head.metadata)
    after = known.with_version(handle, version)
    return static_files.texts(known.url, after, handle, markdown, hub)


def _not_published(hub: Path, handle: Handle, known: Index) -> str:
    versions = sorted(known.models.get(handle.model, {}))
    if versions:
        noun = "version" if len(versions) == 1 else "versions"
        return f"{hub} has no {handle}; it has {noun} {', '.join(map(str, versions))}"
    near = difflib.get_close_matches(handle.model, known.models, n=1)
    hint = f"did you mean {near[0]}/{handle.version}?" if near else "its start page lists all"
    return f"{hub} has no model {handle.model}: {hint}"
