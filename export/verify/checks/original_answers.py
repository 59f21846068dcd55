"""The graph that the owner trained or froze beside our network. Imports TensorFlow."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from slimhub.checkpoints import original_graphs
from slimhub.common.errors import CheckpointError
from slimhub.export.verify.checks import differences
from slimhub.export.verify.original import comparison, input_range
from slimhub.export.verify.original.comparison import Difference, OwnLayers
from slimhub.export.verify.original.original_network import OriginalNetwork
from slimhub.export.verify.original.refusal import NotComparableError
from slimhub.export.verify.proof import ORIGINAL_GRAPH, Check
from slimhub.export.verify.reference import pictures, restorers
from slimhub.export.verify.reference.source_network import SourceNetwork
from slimhub.export.verify.subject import Source

_NO_GRAPH = "the source has no graph of the training: a .meta file or a frozen graph beside it"
_REASON = "20 times what the last bit of the input changes there: another order of operations"


class OriginalJudge:
    """Finds the original graph of a source that can be compared with, and compares."""

    def __init__(self, source: Source) -> None:
        """Gets ready.

        Args:
          source: the checkpoint, with the files of its graphs.
        """
        self._source = source
        self._reasons: list[str] = []
        self._of_training: list[str] = []  # labels of graphs that wait for the network in training

    def ask(self, network: SourceNetwork) -> Check | None:
        """Compares with the first graph that is in the same mode as the network.

        Args:
          network: ours, for inference or training.

        Returns:
          The check, None where there is no such graph.
        """
        output = network.tensor_before_dropout()
        if output is None or not self._source.graphs:
            return None  # dropout makes it random, which nothing can be compared with
        self._of_training.clear()
        self._own = OwnLayers(network, output)
        self._head = network.spec.head
        for path in self._source.graphs:
            label = original_graphs.label_of(path)
            try:
                for graph in original_graphs.read(path):
                    if check := self._judge(network, graph, label):
                        return check
            except CheckpointError as error:
                self._reasons.append(str(error))
        return None

    def not_run(self) -> Check:
        """The check where no graph could be compared with."""
        waiting = [
            f"{label}: it is a graph of training, which is compared by a full proof alone, and "
            "where dropout is not before the output"
            for label in self._of_training
        ]
        reasons = "; ".join(dict.fromkeys([*self._reasons, *waiting]))
        return Check("inference", ORIGINAL_GRAPH, "not run", reasons or _NO_GRAPH)

    def _judge(self, network: SourceNetwork, graph: Any, label: str) -> Check | None:
        """The check; None where the graph is of the other mode, or cannot be compared with."""
        shapes = {name: value.shape for name, value in network.values().items()}
        try:
            original = OriginalNetwork(graph, self._own.weights(), shapes, network.spec.head)
            if original.is_training != network.is_training:
                self._of_training += [label] * original.is_training
                return None
            return self._compare(network, original, label)
        except NotComparableError as error:
            self._reasons.append(f"{label}: {error}")
        except (ArithmeticError, LookupError, TypeError, ValueError, RecursionError) as error:
            self._reasons.append(
                f"{label}: it is not well-formed ({type(error).__name__}: {error})"
            )
        return None

    def _compare(self, network: SourceNetwork, original: OriginalNetwork, label: str) -> Check:
        area = "training" if network.is_training else "inference"
        size = network.spec.image_size
        images = pictures.mixed(size) if network.is_training else pictures.photograph(size)
        built_for = original.image_size()
        if built_for is not None and built_for != (size, size):
            raise NotComparableError(
                f"it was built for images of {built_for[0]} x {built_for[1]} pixels, and the "
                f"export for {size} x {size}"
            )
        values = self._values(network, original)
        comparison.match_endpoints(self._own, original)
        numbers, stopped = comparison.compute(network, self._own, original, images, values)
        is_scaled, scaling = input_range.compare(original.nodes, original.feed, network.spec)
        for key in self._own.targets:
            if complaint := self._complain(original, key, values, numbers):
                shown = numbers.get(key)
                break
        else:
            complaint = "" if is_scaled else scaling
            shown = max(numbers.values(), key=lambda number: number.share)
        limits = (shown.found, shown.bound, _REASON) if shown else ()
        if complaint:
            return Check(area, ORIGINAL_GRAPH, "failed", f"{label} {complaint}", *limits)
        if stopped:
            raise NotComparableError(stopped)
        if comparison.OUTPUT not in numbers:
            agreeing = f"it agrees in {len(numbers)} arrays, but its output was not found"
            raise NotComparableError(f"{agreeing}: it ends earlier, or dropout is before it")
        said = self._said(original, label, list(numbers), scaling)
        return Check(area, ORIGINAL_GRAPH, "passed", said, *limits)

    def _complain(
        self,
        original: OriginalNetwork,
        key: str,
        values: dict[str, np.ndarray],
        numbers: dict[str, Difference],
    ) -> str:
        """What differs at one place, in words; empty where nothing does or can be compared."""
        if key in original.absent:
            is_head = re.search(self._head, key)
            return "" if is_head else f"has nothing that leads from its first layer to {key}"
        if key in numbers and numbers[key].share > 1:
            where = differences.describe(numbers[key].theirs, numbers[key].ours)
            return f"{self._explain(original, key, numbers)} ({where})"
        is_target = key in original.layers or key in original.endpoints
        if key in numbers and (told := comparison.read_activation(self._own, original, key)):
            place = self._place(original, key)
            return f"has {told}, {place}, which the pictures that were compared do not show"
        if key in numbers or not (is_target or original.outputs):
            return ""
        if missing := original.missing_variables(original.tensor(key), values):
            told = self._explain(original, key, numbers)
            return f"{told}; the checkpoint has no value for {missing[0]}"
        return ""

    def _explain(self, original: OriginalNetwork, last: str, numbers: dict[str, Difference]) -> str:
        """Where a difference begins, and why, as far as the graph shows it.

        Args:
          original: the graph's.
          last: where the difference is more than rounding makes; its cause may lie before, where
            it was less.
          numbers: differences by place.
        """
        before = list(self._own.targets)[: list(self._own.targets).index(last)]
        seen = [key for key in before if key in numbers and numbers[key].found > 0]
        for key in [last, *seen]:
            if told := comparison.explain(self._own, original, key):
                return f"differs first {self._place(original, key)}: {told}"
        return f"differs first {self._place(original, last)}: its operations do not tell why"

    def _place(self, original: OriginalNetwork, key: str) -> str:
        if key == comparison.OUTPUT:
            return "at its end"
        is_endpoint = key in original.endpoints
        return f"at {key}" if is_endpoint else f"where it comes to {key}"

    def _values(self, network: SourceNetwork, original: OriginalNetwork) -> dict[str, np.ndarray]:
        """Values of the variables by their names in the graph: ours, then the checkpoint's."""
        values = {original.prefix + name: value for name, value in network.values().items()}
        if others := original.other_variables():
            stored = restorers.open_source(self._source)
            values |= {name: stored.read(name) for name in others if name in stored.shapes}
        return values

    def _said(
        self, original: OriginalNetwork, label: str, compared: list[str], scaling: str
    ) -> str:
        endpoints = "{} of {} endpoints".format(*self._own.count_endpoints(compared))
        said = [f"{label}: {len(compared)} arrays, among them {endpoints}", f"it {scaling}"]
        if original.is_quantized:
            said.append("its quantization is left out")
        return "; ".join(said)
