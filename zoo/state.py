"""Whether an export has been done, by the record in the artifact: there is no other book of it."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

from slimhub import checkpoints
from slimhub.common.version import __version__
from slimhub.export import labels, record
from slimhub.export.request import Request

NEW, UNCHANGED, OUTDATED, FOREIGN = "new", "unchanged", "outdated", "foreign"


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
    try:
        content = record.read(output)
        known = content["network"]["name"], content["task"]
    except (OSError, ValueError, KeyError, TypeError):
        return State(FOREIGN, "slimhub has not written what is there: move it away")
    if known != (request.network, request.task):
        return State(FOREIGN, f"what is there is {known[0]}, {known[1]}: move it away")
    try:
        reason = _difference(request, content, fetches) or _damage(output, content)
    except (KeyError, TypeError, AttributeError):
        reason = "its record is damaged"
    return State(OUTDATED, reason) if reason else State(UNCHANGED)


def _difference(request: Request, content: dict[str, Any], fetches: bool) -> str:
    """Why an artifact is not what the request would make; empty where it is."""
    source = content["checkpoint"]
    if content["versions"]["slimhub"] != __version__:
        return f"slimhub {content['versions']['slimhub']} wrote it, this is {__version__}"
    if content["command"] != request.command(source["source"]):
        return "it has other options"
    spec = request.spec()
    if content["network"] != _as_read(record.describe_network(spec)):
        return "the network is defined otherwise now"
    chosen = labels.choose(request.labels, request.task, spec)
    if content["labels"] != _as_read(record.describe_labels(chosen)):
        return "the labels are others"
    digest = checkpoints.digest(
        request.checkpoint,
        name=request.checkpoint_name,
        averages=request.averages,
        sha256=request.sha256,
        fetches=fetches,
    )
    if digest not in (source["sha256"], None):
        return "the checkpoint is another"
    return ""


def _damage(output: Path, content: dict[str, Any]) -> str:
    told, found = content["files"], record.describe_files(output)
    changed = sorted(n for n in told.keys() | found.keys() if told.get(n) != found.get(n))
    return f"{changed[0]} is not as it was written" if changed else ""


def _as_read(described: Any) -> Any:
    """What a record says when it has been written and read."""
    return json.loads(json.dumps(described))
