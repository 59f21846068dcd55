"""Compares the graph that the owner trained or froze with our network. Imports TensorFlow."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence

import numpy as np

from slimhub.common.text import count, listed
from slimhub.export.verify.checks import built_sizes, differences
from slimhub.export.verify.original import (
    comparison,
    explanation,
    input_range,
    map_sizes,
    norm_epsilons,
)
from slimhub.export.verify.original.comparison import Difference
from slimhub.export.verify.original.original_network import OriginalNetwork
from slimhub.export.verify.original.own_layers import OUTPUT, OwnLayers
from slimhub.export.verify.original.refusal import NotComparableError
from slimhub.export.verify.proof import ORIGINAL_GRAPH, Check
from slimhub.export.verify.reference import pictures, restorers
from slimhub.export.verify.reference.source_network import SourceNetwork
from slimhub.export.verify.subject import Source

_LOGITS = "logits"  # key of the logits behind dropout
_REASON = "20 times the effect of the input's last bit there: another order of operations"


class OriginalAnswers:
    """Compares a graph with our network, in one mode."""

    def __init__(self, source: Source, network: SourceNetwork, own: OwnLayers) -> None:
        """Initializes; computes nothing yet.

        Args:
          source: the checkpoint.
          network: ours, for inference or training.
          own: its layers.
        """
        self._source, self._network, self._own = source, network, own
        self._head, self._scope = network.spec.head, network.spec.scope
        self._resized: dict[tuple[int, int], OriginalAnswers] = {}

    def compare(
        self,
        towers: Sequence[OriginalNetwork],
        left_out: Sequence[str],
        label: str,
    ) -> Check:
        """The check of the first tower, or of one that differs; others may not be comparable.

        Networks that it restores for other sizes are closed in the end.

        Args:
          towers: of a graph, in the mode of the network.
          left_out: what of the graph is not compared, in words.
          label: what the graph's file is called.

        Raises:
          NotComparableError: where the first tower cannot be compared with.
        """
        try:
            return self._compare_all(towers, left_out, label)
        finally:
            for answers in self._resized.values():
                answers._network.close()
            self._resized.clear()

    def _compare_all(
        self, towers: Sequence[OriginalNetwork], left_out: Sequence[str], label: str
    ) -> Check:
        check = self._compare(towers[0], label)
        said = [check.detail, *left_out]
        for other in towers[1:] if check.outcome == "passed" else ():
            try:
                beside = self._compare(other, f"{label}, in another tower,")
            except NotComparableError as error:
                said.append(f"another tower was not compared: {error}")
                continue
            if beside.outcome != "passed":
                return beside
        passed = check.outcome == "passed"
        return dataclasses.replace(check, detail="; ".join(said)) if passed else check

    def _compare(self, original: OriginalNetwork, label: str) -> Check:
        """Compares at the size that the graph was built for."""
        shape, size = self._network.spec.image_shape, original.image_size()
        if size is None or size == shape[:2]:
            return self._compare_here(original, label)
        if size not in self._resized:
            network, own = built_sizes.resize(self._network, size)
            self._resized[size] = OriginalAnswers(self._source, network, own)
        check = self._resized[size]._compare_here(original, label)
        return dataclasses.replace(
            check, detail=f"{check.detail}; {built_sizes.describe(size, shape)}"
        )

    def _compare_here(self, original: OriginalNetwork, label: str) -> Check:
        """Compares at the size of the network."""
        network = self._network
        area = "training" if network.is_training else "inference"
        shape = network.spec.image_shape
        images = pictures.mixed(shape) if network.is_training else pictures.photograph(shape)
        comparison.choose_outputs(self._own, original)
        comparison.match_endpoints(self._own, original)
        values = self._values(network, original)
        numbers, stopped = comparison.compute(network, self._own, original, images, values)
        is_scaled, scaling = input_range.compare(
            original.nodes, original.feed, network.spec, values
        )
        complaint, shown = self._first_complaint(original, values, numbers)
        if complaint:
            weights = {name: value.shape for name, value in network.values().items()}
            complaint += map_sizes.remedy(network.spec, numbers, weights)
            complaint += norm_epsilons.remedy(network.spec, original)
        if not complaint and self._own.head and OUTPUT in numbers and not original.is_cut_off:
            complaint, shown = self._compare_logits(network, original, values, numbers)
        # Behind the layer that an option names comes the rest of the network.
        has_own_end = network.spec.last_layer is None
        tail = original.tail() if original.head is None and has_own_end else None
        if not complaint and tail:
            stored = restorers.open_source(self._source).shapes if tail.layers else {}
            complaint = tail.complaint(original.own_names(), self._head, self._scope, stored)
        if not complaint and not is_scaled:
            complaint = scaling
        shown = shown or max(numbers.values(), key=lambda number: number.share)
        limits = (shown.found, shown.bound, _REASON)
        if complaint:
            return Check(area, ORIGINAL_GRAPH, "failed", f"{label} {complaint}", *limits)
        self._require_output(original, numbers, stopped)
        said = self._detail(original, label, list(numbers), scaling)
        if tail:
            said += tail.told(numbers[OUTPUT].ours.shape[-1])
        return Check(area, ORIGINAL_GRAPH, "passed", said, *limits)

    def _require_output(
        self, original: OriginalNetwork, numbers: dict[str, Difference], stopped: str
    ) -> None:
        """Raises NotComparableError where what agrees is not all that there is."""
        count = sum(number.share <= 1 for number in numbers.values())
        agreeing = f"it agrees in {count} arrays, but"
        if original.is_cut_off:
            raise NotComparableError(f"{agreeing} ends before {original.absent[0]}")
        if stopped:
            raise NotComparableError(f"{agreeing} no more could be compared: {stopped}")
        if original.behind_random:
            raise NotComparableError(
                f"{agreeing} the values that {original.behind_random[0]} gets are random, and not "
                "because of dropout that keeps their mean"
            )
        if OUTPUT not in numbers:
            wanted = "features" if original.head is None else "output"
            raise NotComparableError(f"{agreeing} nothing behind them is the {wanted}")
        if numbers[OUTPUT].share > 1:
            raise NotComparableError(
                f"{agreeing} pools differently after its last layer, which may belong to another "
                "head"
            )
        if self._own.head and _LOGITS not in numbers:
            raise NotComparableError(f"{agreeing} it has no logits layer")

    def _compare_logits(
        self,
        network: SourceNetwork,
        original: OriginalNetwork,
        values: dict[str, np.ndarray],
        numbers: dict[str, Difference],
    ) -> tuple[str, Difference | None]:
        """Compares the logits after dropout; returns a complaint with the difference, or None."""
        if original.head is None:
            return "", None
        features = numbers[OUTPUT].ours
        found = comparison.compare_logits(network, self._own, original, features, values)
        numbers[_LOGITS] = found
        if found.share <= 1:
            return "", None
        where = differences.describe(found.theirs, found.ours)
        return f"computes other logits from the same features ({where})", found

    def _first_complaint(
        self,
        original: OriginalNetwork,
        values: dict[str, np.ndarray],
        numbers: dict[str, Difference],
    ) -> tuple[str, Difference | None]:
        """The first difference in graph order, in words, and its size."""
        for key in self._own.targets:
            if complaint := self._complain(original, key, values, numbers):
                return complaint, numbers.get(key)
        return "", None

    def _complain(
        self,
        original: OriginalNetwork,
        key: str,
        values: dict[str, np.ndarray],
        numbers: dict[str, Difference],
    ) -> str:
        """What differs at one place, in words; empty if nothing differs or can be compared."""
        if key in original.absent:
            is_open = re.search(self._head, key) or original.is_cut_off
            return "" if is_open else f"has no path from its first layer to {key}"
        if key in numbers and numbers[key].share > 1:
            if key == OUTPUT and explanation.is_other_pooling(self._own, original):
                return ""  # see `_require_output`
            where = differences.describe(numbers[key].theirs, numbers[key].ours)
            return f"{self._explain(original, key, numbers)} ({where})"
        if key in numbers:
            if not (told := explanation.read_activation(self._own, original, key)):
                return ""
            place = self._place(original, key)
            return f"has {told}, {place}, which does not show with the images that were compared"
        if key not in original.layers and key not in original.endpoints:
            return ""
        layers = original.surroundings(original.tensor(key)).layers
        missing = original.missing_variables(original.tensor(key), values)
        if more := [name for name in missing if name.removeprefix(original.prefix) in layers]:
            told = self._explain(original, key, numbers)
            return f"{told}; the checkpoint has no value for {more[0]}"
        return ""

    def _explain(self, original: OriginalNetwork, last: str, numbers: dict[str, Difference]) -> str:
        """Where a difference starts and why, as far as the graph shows it.

        Args:
          original: the graph's network.
          last: where the difference exceeds rounding; its cause may be earlier, where it was
            smaller.
          numbers: differences by place.
        """
        before = list(self._own.targets)[: list(self._own.targets).index(last)]
        seen = [key for key in before if key in numbers and numbers[key].found > 0]
        for key in [last, *seen]:
            if told := explanation.explain(self._own, original, key):
                return f"differs first {self._place(original, key)}: {told}"
        return f"differs first {self._place(original, last)}: its operations do not show why"

    def _place(self, original: OriginalNetwork, key: str) -> str:
        if key == OUTPUT:
            return "at its end"
        is_endpoint = key in original.endpoints
        return f"at {key}" if is_endpoint else f"before {key}"

    def _values(self, network: SourceNetwork, original: OriginalNetwork) -> dict[str, np.ndarray]:
        """Values of the variables by their names in the graph: ours, then the checkpoint's."""
        values = {original.prefix + name: value for name, value in network.values().items()}
        others = [name for name in original.other_variables() if name not in values]
        if others:
            stored = restorers.open_source(self._source)
            values |= {name: stored.read(name) for name in others if name in stored.shapes}
        return values

    def _detail(
        self, original: OriginalNetwork, label: str, compared: list[str], scaling: str
    ) -> str:
        places = [key for key in compared if key != _LOGITS]
        endpoints = "{} of {} endpoints".format(*self._own.count_endpoints(places))
        said = [
            f"{label}: {count(len(compared), 'array')}, among them {endpoints}",
            f"it {scaling}",
        ]
        left_out = (("quantization", original.is_quantized), ("dropout", original.has_dropout))
        said += [f"its {what} is left out" for what, is_there in left_out if is_there]
        has_logits = any(re.search(self._head, name) for name in [*self._own.weights(), *compared])
        if original.unfollowed and (has_logits or _LOGITS in compared):
            shown = listed(original.unfollowed, 3)
            said.append(f"operations on its logits are not compared: {shown}")
        return "; ".join(said)
