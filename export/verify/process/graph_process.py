"""Reads the original graph of a source, in a process of its own.

It runs a part of a foreign graph. And it computes with TensorFlow, after which a process cannot be
forked any more and gives other names to what it exports.
"""

from __future__ import annotations

import dataclasses
import functools
import signal
import time
from collections.abc import Iterator, Mapping
from typing import Any

from slimhub import nets
from slimhub.checkpoints import original_graphs
from slimhub.common import work_process
from slimhub.common.errors import CheckpointError, ExportError
from slimhub.common.json_process import Message
from slimhub.common.progress import OnPhase
from slimhub.common.text import count, listed
from slimhub.common.work_client import WorkClient
from slimhub.export.verify import graph_facts
from slimhub.export.verify.graph_facts import GraphFacts
from slimhub.export.verify.process import launch
from slimhub.export.verify.subject import Source

_WHAT = "reading of the original graph"
_LIMIT = 300.0  # seconds; the largest graph of a known network takes less than 30


def read(
    source: Source,
    network: str,
    shapes: Mapping[str, tuple[int, ...]],
    channels: int,
    *,
    forks: bool,
) -> tuple[GraphFacts, list[str]]:
    """What the graphs of a source show.

    The graph that was saved with the weights counts. Others beside it may be of another training:
    they only count where that one cannot be read, and where they agree.

    Args:
      source: the checkpoint, with the files of its graphs.
      network: registered name.
      shapes: of the variables of the network in the checkpoint, in the order of the network.
      channels: of the images.
      forks: whether to fork this process, see `launch.forked`.

    Returns:
      The facts, and what the files are called that show them.

    Raises:
      ExportError: if the process ends early, or takes too long; names the file.
    """
    request = {
        "source": dataclasses.asdict(source),
        "network": network,
        "shapes": {name: list(shape) for name, shape in shapes.items()},
        "channels": channels,
    }
    start = launch.starter(forks=forks)
    client = WorkClient(functools.partial(start, module=__name__), _WHAT)
    begun: list[str] = []
    since = time.monotonic()
    try:
        answer = client.ask(request, begun.append)
    except ExportError as error:
        is_late = time.monotonic() - since >= _LIMIT
        late = f"it took more than {count(round(_LIMIT), 'second')}"
        why = late if is_late else str(error).splitlines()[0]
        labels = begun[-1:] or [original_graphs.label_of(path) for path in source.graphs]
        raise ExportError(f"the graph in {listed(labels, 1)} was not read: {why}") from error
    facts = answer["facts"]
    size = facts["image_size"]
    facts |= {"image_size": size and tuple(size), "several": ()}
    return GraphFacts(**facts), answer["labels"]


def main() -> None:
    """Answers one request; the system ends the process where a graph holds it up."""
    signal.setitimer(signal.ITIMER_REAL, _LIMIT)
    work_process.serve(_work, _WHAT)


def _work(request: Message, on_phase: OnPhase) -> Message:
    source = Source(**request["source"])
    own = [path for path in source.graphs if source.has_own(path)]
    others = [path for path in source.graphs if path not in own]
    for paths in (own, others):
        found = [
            (original_graphs.label_of(path), shown)  # several can have the same label
            for path in paths
            for shown in _facts_in(path, request, on_phase)
        ]
        if found:
            break
    facts = graph_facts.agreed([shown for _, shown in found])
    labels = list(dict.fromkeys(label for label, _ in found))
    return {"facts": dataclasses.asdict(facts), "labels": labels}


def _facts_in(path: str, request: Message, on_phase: OnPhase) -> Iterator[GraphFacts]:
    """What a file shows; nothing if its graphs cannot be read, which the proof will say."""
    on_phase(original_graphs.label_of(path))
    from slimhub.export.verify.original import fact_reader
    from slimhub.export.verify.original.refusal import MALFORMED, NotComparableError

    spec, scope = nets.get(request["network"]), request["source"]["scope"]
    shapes: dict[str, Any] = {name: tuple(shape) for name, shape in request["shapes"].items()}
    image_shape = (*spec.image_shape[:2], request["channels"])
    try:
        for graph in original_graphs.read(path):
            try:
                yield from fact_reader.read(graph, shapes, spec.head, scope, image_shape)
            except (NotComparableError, *MALFORMED):
                continue
    except CheckpointError:
        return
