"""Compares what an original graph and our network compute, place by place. Imports TensorFlow."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping

import numpy as np

from slimhub.export.verify.original import ends, layer_surroundings, operation_costs
from slimhub.export.verify.original.graph_nodes import node_of
from slimhub.export.verify.original.layer_surroundings import Surroundings
from slimhub.export.verify.original.original_network import OriginalNetwork
from slimhub.export.verify.original.own_layers import OUTPUT, OwnLayers
from slimhub.export.verify.original.refusal import NotComparableError
from slimhub.export.verify.original.runnable_part import RunnablePart
from slimhub.export.verify.reference.distance import LAST_BIT, ROUNDINGS, relative
from slimhub.export.verify.reference.source_network import SourceNetwork

_UP = np.float32(2)  # the direction in which pixels are changed
_AMPLIFIED = 10
_END = f"{OUTPUT} "  # prefix of the keys of tensors that may be the output
# Unfused norms add up to a million values of a batch in another order than fused ones: 4 images of
# 224 x 224 differ by 2e-5 after the first, and by 1e-4 where one thread adds them all. Later layers
# amplify that, as they do noise in the images, which is what the bound is measured with.
_MOMENTS = 1e-4
_MOMENTS_NOISE = 1e-5  # of the largest pixel


@dataclasses.dataclass(frozen=True)
class Difference:
    """Two arrays at the same place.

    Attributes:
      theirs: from the original graph.
      ours: from our network.
      found: largest difference, relative to our largest magnitude; infinite if the sizes differ.
      bound: the largest accepted difference.
    """

    theirs: np.ndarray
    ours: np.ndarray
    found: float
    bound: float

    @classmethod
    def of(
        cls, theirs: np.ndarray, ours: np.ndarray, shaken: float, least: float = 0.0
    ) -> Difference:
        """Compares two arrays.

        Args:
          theirs: from the original graph.
          ours: from our network.
          shaken: how much changing the last bit of the input changes either, relative to its
            largest magnitude.
          least: lower limit of the bound.
        """
        bound = max(ROUNDINGS * max(shaken, LAST_BIT), least)
        if theirs.size != ours.size:
            return cls(theirs, ours, math.inf, bound)
        return cls(theirs, ours, relative(theirs.reshape(ours.shape), ours), bound)

    @property
    def share(self) -> float:
        """The difference in units of the bound: more than 1 is too much."""
        return self.found / self.bound


def compute(
    network: SourceNetwork,
    own: OwnLayers,
    original: OriginalNetwork,
    images: np.ndarray,
    values: Mapping[str, np.ndarray],
) -> tuple[dict[str, Difference], str]:
    """Runs both, on images and, in inference, on input that makes activations ten times as large.

    Relu and Relu6 are the same up to 6, which some weights reach only for few images.

    Args:
      network: ours.
      own: its layers.
      original: the graph's network; settles its output if one of its tensors has the right size.
      images: f32[batch, height, width, channels] in [0, 1].
      values: of all variables that the original graph may read, by name in the graph.

    Returns:
      Differences by the targets of our layers, the larger of both runs; targets that the original
      graph could not compute are missing. Then the reason why it could not, in words.

    Raises:
      NotComparableError: if no part of the original graph can be run.
    """
    wanted = {
        key: tensor
        for key, tensor in original.targets().items()
        if not original.missing_variables(tensor, values)
    }
    scaled, nudged = (
        network.scale(pixels, own.feed) for pixels in (images, np.nextafter(images, _UP))
    )
    first = network.run(own.targets, {own.feed: scaled})
    shapes = {name: value.shape for name, value in network.values().items()}
    needed = operation_costs.of_layers(first, shapes)
    part, stopped = _largest_runnable_part(original, wanted, scaled.shape, values, needed)
    has_moments = network.is_training and own.is_fused != original.is_fused
    if has_moments:
        noise = np.random.RandomState(0).uniform(-1, 1, scaled.shape) * np.abs(scaled).max()
        nudged = (scaled + _MOMENTS_NOISE * noise).astype(np.float32)
    found: dict[str, Difference] = {}
    output: str | None = None
    equal: list[str] = []
    for factor in (1,) if network.is_training else (1, _AMPLIFIED):
        fed, fed_nudged = (pixels * np.float32(factor) for pixels in (scaled, nudged))
        theirs = part.run(fed)
        ours = first if factor == 1 else network.run(own.targets, {own.feed: fed})
        shaken = network.run(own.targets, {own.feed: fed_nudged})
        if output is None and (output := _closest_end(theirs, ours[OUTPUT])):
            equal = _equal_ends(theirs, output)
        _name_output(theirs, output)
        shakes = {key: relative(shaken[key], ours[key]) for key in theirs}
        if has_moments:
            again = part.run(fed_nudged)
            _name_output(again, output)
            shakes = {k: max(s, relative(again[k], theirs[k])) for k, s in shakes.items()}
        for key, shake in shakes.items():
            least = _MOMENTS if has_moments else 0.0
            difference = Difference.of(theirs[key], ours[key], shake, least)
            if key not in found or difference.share > found[key].share:
                found[key] = difference
    if output:
        original.choose_output(wanted[output], [wanted[key] for key in equal])
    return found, stopped


def _closest_end(theirs: Mapping[str, np.ndarray], ours: np.ndarray) -> str | None:
    """Key of the end that is the output: of its size, and closest to it; None if there is none.

    An end that equals the features to the last digits is the output; if none does, all ends of that
    size differ.
    """
    distances = {
        key: float(np.abs(end.reshape(ours.shape) - ours).max())
        for key, end in theirs.items()
        if key.startswith(_END) and end.size == ours.size and end.ndim > 1
    }
    return min(distances, key=distances.__getitem__) if distances else None


def _equal_ends(theirs: Mapping[str, np.ndarray], output: str) -> list[str]:
    """Keys of the ends that have the same values as one of them, within rounding."""
    found = theirs[output].ravel()
    largest = float(np.abs(found).max(initial=0))
    return [
        key
        for key, end in theirs.items()
        if key.startswith(_END)
        and end.size == found.size
        and np.abs(end.ravel() - found).max(initial=0) <= ROUNDINGS * LAST_BIT * largest
    ]


def _name_output(theirs: dict[str, np.ndarray], output: str | None) -> None:
    """Keeps only the output of all ends, under its own key."""
    ends = {key: theirs.pop(key) for key in list(theirs) if key.startswith(_END)}
    if output:
        theirs[OUTPUT] = ends[output]


def _largest_runnable_part(
    original: OriginalNetwork,
    wanted: Mapping[str, str],
    shape: tuple[int, ...],
    values: Mapping[str, np.ndarray],
    needed: int,
) -> tuple[RunnablePart, str]:
    """The part for as many of the first targets as can be run, and why not for all."""

    def part(targets: int) -> RunnablePart:
        first = dict(list(wanted.items())[:targets])
        return RunnablePart(
            original.nodes, first, original.feed, original.known, shape, values, needed=needed
        )

    try:
        return part(len(wanted)), ""
    except NotComparableError as error:
        stopped = str(error)
    low, high, found = 0, len(wanted), None
    while high - low > 1:  # `low` targets can be run, `high` cannot
        middle = (low + high) // 2
        try:
            low, found = middle, part(middle)
        except NotComparableError as error:
            high, stopped = middle, str(error)
    if found is None:
        raise NotComparableError(stopped)
    return found, stopped


def match_endpoints(own: OwnLayers, original: OriginalNetwork) -> None:
    """Finds the endpoints of an original graph that feed no layer, and makes them its targets.

    They are matched by what comes before them; those that match several tensors are skipped.
    """
    if not own.endpoints:
        return
    plain = layer_surroundings.plain_operation
    operations = {key: plain(own.nodes.op(node_of(own.targets[key]))) for key in own.endpoints}
    looks: dict[str, list[tuple[Surroundings, str]]] = {op: [] for op in operations.values()}
    for name in original.between_layers():
        if (op := plain(original.nodes.op(name))) in looks:
            looks[op].append((original.surroundings(name), name))
    for key, op in operations.items():
        ours = own.surroundings(key)
        found = [name for theirs, name in looks[op] if layer_surroundings.are_alike(theirs, ours)]
        if len(found) == 1:
            original.endpoints[key] = found[0]


def choose_outputs(own: OwnLayers, original: OriginalNetwork) -> None:
    """Of the tensors that may be the output, keeps those that are computed like ours, if any."""
    ours = own.surroundings(OUTPUT)
    if len(original.outputs) > 1:
        original.choose_outputs(lambda theirs: layer_surroundings.are_alike(theirs, ours))


def compare_logits(
    network: SourceNetwork,
    own: OwnLayers,
    original: OriginalNetwork,
    features: np.ndarray,
    values: Mapping[str, np.ndarray],
) -> Difference:
    """Compares what the last layers compute from the same features, if dropout precedes them.

    Args:
      network: ours, in training, with random logits.
      own: its layers.
      original: the graph's network.
      features: ours, as computed.
      values: of all variables that the original graph may read, by name in the graph.

    Raises:
      NotComparableError: if the original graph's layers cannot be run.
    """
    assert own.head is not None
    assert original.head is not None
    feed, output = own.nodes.live(own.head.data), network.logits_tensor()
    theirs_feed = original.head.data
    fed = features.reshape([len(features), *network.shape_of_one(feed)])
    nudged = np.nextafter(fed, np.inf, dtype=np.float32)
    ours, shaken = (network.run({OUTPUT: output}, {feed: x})[OUTPUT] for x in (fed, nudged))
    rank = 2 if original.nodes.op(original.head.node) == "MatMul" else 4
    for_theirs = fed.reshape(len(fed), *((1, 1) if rank == 4 else ()), -1)
    tensor, _ = ends.logits(original.nodes, original.head, original.known)
    part = RunnablePart(
        original.nodes, {OUTPUT: tensor}, theirs_feed, original.known, for_theirs.shape, values
    )
    theirs = part.run(for_theirs)[OUTPUT]
    return Difference.of(theirs, ours, relative(shaken, ours))
