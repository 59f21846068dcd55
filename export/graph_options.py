"""Takes options of a network from its original graph, where they were not given."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Iterator
from typing import Any

from slimhub import checkpoints, nets
from slimhub.common.errors import ExportError, NetworkError, option
from slimhub.common.text import either, listed
from slimhub.export import image_channels
from slimhub.export.request import Request
from slimhub.export.verify import graph_facts
from slimhub.export.verify.graph_facts import GraphFacts
from slimhub.export.verify.process import graph_process
from slimhub.nets import NetworkOptions, custom, scaling, size_notation

_SHOWN = 2  # files that are named


@dataclasses.dataclass(frozen=True)
class GraphOptions:
    """What original graphs show.

    Attributes:
      facts: those that they agree on.
      labels: what their files are called.
      remark: what was not taken from them, and why, in words; empty if there is nothing to say.
    """

    facts: GraphFacts = dataclasses.field(default_factory=GraphFacts)
    labels: tuple[str, ...] = ()
    remark: str = ""

    def complete(self, request: Request) -> tuple[NetworkOptions, dict[str, Any]]:
        """Options with those that the graph shows otherwise than the network has them.

        Args:
          request: whose options go before the graph.

        Returns:
          All options; then those that were added, by name.
        """
        added = possible(request, self._shown(nets.get(request.network)))
        return dataclasses.replace(request.options, **added), added

    def describe(self, added: dict[str, Any]) -> str:
        """Which options were found where, and which not, in words; empty for none."""
        if not added:
            return self.remark
        told = " ".join(option(name, value) for name, value in added.items())
        found = f"the graph in {listed(list(self.labels), _SHOWN)} is that of {told}"
        return "; ".join(filter(None, [found, self.remark]))

    def _shown(self, spec: nets.NetworkSpec) -> Iterator[tuple[str, Any]]:
        """Options by name that differ from a network."""
        size = self.facts.image_size
        if size is not None and size != spec.image_shape[:2]:
            yield "image_size", size_notation.of_sides(*size)
        epsilon = self.facts.batch_norm_epsilon
        if epsilon is not None and not graph_facts.is_epsilon_of(spec, epsilon):
            yield "batch_norm_epsilon", epsilon
        stride = self.facts.output_stride
        own = spec.output_stride or graph_facts.OWN_STRIDE
        if spec.can_be_dilated and stride not in (None, own):
            yield "output_stride", stride
        scale = self.facts.input_scaling
        if scale not in (None, scaling.NAMES[spec.input_scaling]):
            yield "input_scaling", scale


def find(
    network: str, request: Request, checkpoint: checkpoints.Checkpoint, *, forks: bool
) -> GraphOptions:
    """What the graphs beside a checkpoint, or in it, show; nothing if there are none.

    The spec of a custom network says all that there is to say: nothing is looked for.

    Args:
      network: one whose variables the checkpoint holds.
      request: of the export.
      checkpoint: open.
      forks: see `graph_process.read`.

    Returns:
      Without facts, but with a remark, if a graph ends or holds up the process that reads it.
    """
    if not checkpoint.graph_files or custom.is_reference(network):
        return GraphOptions()
    stored, names = checkpoint.shapes(), nets.stored_variables(network)
    shapes = {name: tuple(stored[name]) for name in names if name in stored}
    first = [name for name in image_channels.first_weights(list(shapes)) if len(shapes[name]) == 4]
    if not first:
        return GraphOptions()
    channels = shapes[first[0]][image_channels.INPUTS]
    source = request.source(checkpoint)
    try:
        facts, labels = graph_process.read(source, network, shapes, channels, forks=forks)
    except ExportError as error:
        return GraphOptions(remark=f"{error}{_unread(request)}")
    return _without_large_images(GraphOptions(facts, tuple(labels)), request)


def _unread(request: Request) -> str:
    """What to do about options that could not be read, as the end of a sentence."""
    fields = [field.name for field in dataclasses.fields(GraphFacts) if field.name != "several"]
    names = [option(name) for name in fields if name not in request.options.given()]
    if not names:
        return ""
    return f". If the training differed from the network in {either(names)}, give that yourself"


def _without_large_images(shown: GraphOptions, request: Request) -> GraphOptions:
    """What is shown, without a size that could take any amount of memory and time."""
    size = shown.facts.image_size
    if size is None or math.prod(size) <= graph_facts.MOST_PIXELS:
        return shown
    facts = dataclasses.replace(shown.facts, image_size=None)
    if "image_size" in request.options.given():
        return dataclasses.replace(shown, facts=facts)
    value = size_notation.of_sides(*size)
    remark = (
        f"the graph in {listed(list(shown.labels), _SHOWN)} is for images of {size[0]} x {size[1]} "
        f"pixels, which is too large to be taken unasked: give {option('image_size', value)} if "
        "you want it"
    )
    return dataclasses.replace(shown, facts=facts, remark=remark)


def possible(request: Request, shown: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """Those of some options that a request leaves open, and its network can have beside its own.

    Args:
      request: of an export.
      shown: options by name, what counts most first.
    """
    spec, options = nets.get(request.network), request.options
    given, added = options.given(), dict[str, Any]()
    for name, value in shown:
        more = dataclasses.replace(options, **added, **{name: value})
        if name not in given and _is_possible(spec, more):
            added[name] = value
    return added


def _is_possible(spec: nets.NetworkSpec, options: NetworkOptions) -> bool:
    try:
        spec.customized(options)
    except NetworkError:  # images that are too small, for example
        return False
    return True
