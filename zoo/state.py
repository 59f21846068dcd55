"""Decides whether an export has been done, from the record in the artifact alone."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from slimhub import checkpoints
from slimhub.common import files
from slimhub.common.errors import RecordError
from slimhub.common.version import __version__
from slimhub.export import graph_options, identity, labels, record, record_draft
from slimhub.export.record import Record
from slimhub.export.record_parts import RecordedNetwork
from slimhub.export.request import Request
from slimhub.nets import NetworkOptions

NEW, UNCHANGED, OUTDATED, FOREIGN = "new", "unchanged", "outdated", "foreign"

# What to report if a field of the identity differs; the first one counts. The checkpoint, which may
# have to be downloaded for it, comes last and is compared separately.
_REASONS = {
    "task": "its options differ",
    "options": "its options differ",
    "checkpoint_name": "its options differ",
    "averages": "its options differ",
    "proof": "its options differ",
    "ignore_leftover": "its options differ",
    "scope": "its options differ",
    "network": "the definition of the network has changed",
    "labels": "the labels differ",
}


@dataclasses.dataclass(frozen=True)
class State:
    """What is at an export's output.

    Attributes:
      kind: `new` (nothing is there), `unchanged` (the whole artifact of this exact request),
        `outdated` (an artifact of this network and task, but of another checkpoint, with other
        options or damaged, or one of another release that is to be renewed) or `foreign` (something
        else, which is left alone).
      reason: in words; empty if it is new, or unchanged and of this release.
      is_renewal: whether it is outdated by its release.
    """

    kind: str
    reason: str = ""
    is_renewal: bool = False


def look(request: Request, *, fetches: bool = True, renews: bool = False) -> State:
    """Compares what is at a request's output with what the request would produce.

    Args:
      request: of an export.
      fetches: whether to download a checkpoint at a URL to get its digest. If not, the existing
        artifact is assumed to be made from the URL's current content.
      renews: whether what another release of slimhub wrote is outdated. Otherwise it is left as it
        is: it was proved then, and a version that was published never changes.

    Raises:
      checkpoints.CheckpointError: if the checkpoint cannot be found.
      NetworkError, RequestError: if the request is refused.
    """
    output = Path(request.output)
    if not output.exists():
        return State(NEW)
    claimed = record.claimed(output)
    if claimed is None:
        return State(FOREIGN, "slimhub did not write what is there: move it away")
    if claimed != (request.network, request.task):
        return State(FOREIGN, f"it already holds {claimed[0]}, {claimed[1]}: move it away")
    try:
        recorded = Record.read(output)
    except RecordError:
        return State(OUTDATED, "its record is damaged")
    release = _other_release(recorded)
    if release and renews:
        return State(OUTDATED, release, is_renewal=True)
    reason = _difference(request, recorded, fetches) or _damage(output, recorded)
    return State(OUTDATED, reason) if reason else State(UNCHANGED, release)


def _other_release(recorded: Record) -> str:
    """Which release wrote an artifact, in words; empty if it is this one."""
    writer = recorded.versions.slimhub
    return (
        ""
        if writer == __version__
        else f"it was written by slimhub {writer}, this is {__version__}"
    )


def _difference(request: Request, recorded: Record, fetches: bool) -> str:
    """Why an artifact is not what the request would produce; empty if it is."""
    request = _with_graph_options(request, recorded)
    spec = request.spec()
    network = record_draft.describe_network(spec)
    identified = record_draft.identify(
        request,
        network,
        record_draft.describe_labels(labels.choose(request.labels, request.task, spec)),
        recorded.source.sha256,
    )
    # The release is compared by `look`.
    wanted = dataclasses.replace(identified, release=recorded.versions.slimhub).to_record()
    if recorded.identity is None:
        recorded = dataclasses.replace(recorded, network=_completed(recorded.network, network))
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
        return "the checkpoint differs"
    if recorded.identity is None:  # written by 0.1.0: the command has what the fields lack
        same = recorded.command == request.command(recorded.source.origin)
        return "" if same else _REASONS["options"]
    return "" if recorded.identity.sha256 == wanted.sha256 else "its record was modified"


def _completed(recorded: RecordedNetwork, wanted: RecordedNetwork) -> RecordedNetwork:
    """A network as 0.1.0 recorded it, with the fields that came later as they are wanted.

    The options behind them did not exist then: the command tells where one is wanted now.
    """
    names = [field.name for field in dataclasses.fields(recorded)]
    unknown = [name for name in names if getattr(recorded, name) is None]
    return dataclasses.replace(recorded, **{name: getattr(wanted, name) for name in unknown})


def _with_graph_options(request: Request, recorded: Record) -> Request:
    """The request with what its original graph showed, as far as an export would take it.

    Like the proof by that graph, this is not done again if only the graph changes: the digest of a
    checkpoint is that of its weights.
    """
    options = NetworkOptions.of_record(recorded.network.settings())
    names = [n for n in recorded.source.graph_options or () if n in NetworkOptions.names()]
    shown = graph_options.possible(request, [(name, getattr(options, name)) for name in names])
    return dataclasses.replace(request, options=dataclasses.replace(request.options, **shown))


def _damage(output: Path, recorded: Record) -> str:
    changed = files.differing(recorded.files, record.digest_files(output))
    return f"{changed[0]} was modified" if changed else ""
