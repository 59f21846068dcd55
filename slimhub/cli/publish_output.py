"""What `slimhub publish` says: for hubs that are folders, and for other destinations."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from slimhub.publish.destinations.delivery import PublishOutcome as Delivered
    from slimhub.publish.destinations.destination import Change
    from slimhub.publish.hub.hub_folder import HubOutcome
    from slimhub.publish.package import File


def of_hub(outcome: HubOutcome, hub: Path, is_preview: bool) -> list[str]:
    """Lines about a hub.

    Args:
      outcome: what was done.
      hub: folder.
      is_preview: whether nothing was.
    """
    what = {
        "new": "would be published" if is_preview else "published",
        "repaired": "is there; what is damaged would be restored" if is_preview else "restored",
        "page": "is there; its page would be replaced" if is_preview else "page replaced",
        "none": "is there already, nothing changed",
    }[outcome.change]
    size = f"{outcome.archive['bytes'] / 1e6:.1f} MB"
    return [
        f"model       {outcome.handle}: {what}",
        f"archive     {size}, sha256 {outcome.archive['sha256']}",
        *(f"{'would write' if is_preview else 'wrote':11s} {name}" for name in outcome.files),
        f"serve it    slimhub serve {hub}",
        f"load it     hub.KerasLayer('{outcome.load_url}')",
    ]


def of_delivery(outcome: Delivered) -> list[str]:
    """Lines about another destination; of a dry run with all files and cards.

    Args:
      outcome: what was done, or would be.
    """
    first, *more = outcome.plan.load.splitlines()
    load = [f"load it     {first}", *(f"{'':12}{line}" for line in more)]
    changes = outcome.plan.changes
    notes = [f"note        {note}" for note in outcome.plan.notes]
    if outcome.is_published:
        done = [f"did         {_change(change)}" for change in changes]
        word = "published" if changes else "there already, nothing changed:"
        return [*done, *notes, f"{word:11s} {outcome.plan.url}", *load]
    would = [f"would       {_change(change)}" for change in changes]
    return [
        *(f"file        {name}, {_size(file)}" for name, file in outcome.files.items()),
        *_cards(outcome.plan.cards),
        *(would or ["would       change nothing: all of it is there"]),
        *notes,
        f"address     {outcome.plan.url}",
        *load,
    ]


def _cards(cards: dict[str, str]) -> list[str]:
    lines = []
    for name, text in cards.items():
        lines += [f"card        {name}", *(f"  | {line}".rstrip() for line in text.splitlines())]
    return lines


def _change(change: Change) -> str:
    size = f", {_size(change.file)}" if change.file else ""
    return f"{change.action} {change.name}{size}"


def _size(file: File) -> str:
    return f"{file.bytes} bytes, sha256 {file.sha256}"
