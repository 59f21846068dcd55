"""What `slimhub publish` says, the same for all destinations."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from slimhub.common.files import FileDigest
    from slimhub.publish.destinations.delivery import PublishOutcome
    from slimhub.publish.destinations.destination import Change

_DONE = {
    "new": "published",
    "repaired": "restored",
    "page": "page replaced",
    "none": "there already, nothing changed:",
}
_PAST = {"upload": "uploaded", "write": "wrote"}  # of verbs that do not just take a d


def lines(outcome: PublishOutcome) -> list[str]:
    """What was done, or would be; of a dry run with all files and cards.

    Args:
      outcome: of publishing.
    """
    first, *more = outcome.plan.load.splitlines()
    load = [f"load it     {first}", *(f"{'':12}{line}" for line in more)]
    changes = outcome.plan.changes
    notes = [f"note        {note}" for note in outcome.plan.notes]
    if outcome.is_published:
        done = [_past(change) for change in changes]
        return [*done, *notes, f"{_DONE[outcome.plan.result]:11s} {outcome.plan.url}", *load]
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


def _past(change: Change) -> str:
    """What was done, such as `wrote       FILE` for `write FILE`."""
    verb, _, rest = change.action.partition(" ")
    done = dataclasses.replace(change, action=rest)
    return f"{_PAST.get(verb, f'{verb}d'):11s} {_change(done).lstrip()}"


def _change(change: Change) -> str:
    size = f", {_size(change.file)}" if change.file else ""
    return f"{change.action} {change.name}{size}"


def _size(file: FileDigest) -> str:
    return f"{file.bytes} bytes, sha256 {file.sha256}"
