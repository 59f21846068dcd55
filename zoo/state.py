"""Whether an export has been done, by the record in the artifact: there is no other book of it."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from slimhub import checkpoints
from slimhub.common import files
from slimhub.common.errors import RecordError
from slimhub.common.version import __version__
from slimhub.export import identity, labels, record, record_draft
from slimhub.export.record import Record
from slimhub.export.request import Request

NEW, UNCHANGED, OUTDATED, FOREIGN = "new", "unchanged", "outdated", "foreign"

# What to say where a field of the identity differs; the first one counts. The checkpoint, which
# may have to be fetched for it, comes last and is looked at apart.
_REASONS = {
    "task": "it has other options",
    "options": "it has other options",
    "checkpoint_name": "it has other options",
    "averages": "it has other options",
    "proof": "it has other options",
    "ignore_leftover": "it has other options",
    "scope": "it has other options",
    "network": "the network is defined otherwise now",
    "labels": "the labels are others",
}


@dataclasses.dataclass(frozen=True)
class State:
    """What is at an export's output.

    Attributes:
      kind: `new` (nothing is there), `unchanged` (the whole artifact of this very request),
        `outdated` (an artifact of this network and task, of another checkpoint, other options or
        another version, or damaged) or `foreign` (something else, which is left alone).
      reason: in words; empty for what is new or unchanged.
    """

    kind: str
    reason: str = ""


def look(request: Request, *, fetches: bool = True) -> State:
    """Compares what is at a request's output with what the request would make.

    Args:
      request: of an export.
      fetches: whether a checkpoint at a URL is downloaded to learn its digest. Without it, what is
        there is taken to be of that URL's present content.

    Raises:
      checkpoints.CheckpointError: where the checkpoint cannot be found.
      NetworkError, RequestError: for a request that is refused.
    """
    output = Path(request.output)
    if not output.exists():
        return State(NEW)
    claimed = record.claimed(output)
    if claimed is None:
        return State(FOREIGN, "slimhub has not written what is there: move it away")
    if claimed != (request.network, request.task):
        return State(FOREIGN, f"what is there is {claimed[0]}, {claimed[1]}: move it away")
    try:
        recorded = Record.read(output)
    except RecordError:
        return State(OUTDATED, "its record is damaged")
    reason = _difference(request, recorded, fetches) or _damage(output, recorded)
    return State(OUTDATED, reason) if reason else State(UNCHANGED)


def _difference(request: Request, recorded: Record, fetches: bool) -> str:
    """Why an artifact is not what the request would make; empty where it is."""
    if recorded.versions.slimhub != __version__:
        return f"slimhub {recorded.versions.slimhub} wrote it, this is {__version__}"
    spec = request.spec()
    wanted = record_draft.identify(
        request,
        record_draft.describe_network(spec),
        record_draft.describe_labels(labels.choose(request.labels, request.task, spec)),
        recorded.source.sha256,
    ).to_record()
    found = identity.recorded_fields(recorded)
    for name, reason in _REASONS.items():
        is_known = recorded.identity is not None or name in found
        if is_known and found.get(name) != wanted.fields.get(name):
            return reason
    digest = checkpoints.digest(
        request.checkpoint,
        name=request.checkpoint_name,
        averages=request.averages,
        sha256=request.sha256,
        fetches=fetches,
    )
    if digest not in (recorded.source.sha256, None):
        return "the checkpoint is another"
    if recorded.identity is None:  # 0.1.0 wrote it: the command has what the fields lack
        same = recorded.command == request.command(recorded.source.origin)
        return "" if same else _REASONS["options"]
    return "" if recorded.identity.sha256 == wanted.sha256 else "its record was changed"


def _damage(output: Path, recorded: Record) -> str:
    changed = files.differing(recorded.files, record.digest_files(output))
    return f"{changed[0]} is not as it was written" if changed else ""
