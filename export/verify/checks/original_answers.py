"""The graph that the owner trained or froze beside our network. Imports TensorFlow."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from slimhub.checkpoints import original_graphs
from slimhub.common.errors import CheckpointError
from slimhub.export.verify.checks import differences
from slimhub.export.verify.original import comparison, input_range
from slimhub.export.verify.original.comparison import Arrays, OwnLayers
from slimhub.export.verify.original.original_network import OriginalNetwork
from slimhub.export.verify.original.refusal import NotComparableError
from slimhub.export.verify.proof import Check
from slimhub.export.verify.reference import pictures, restorers
from slimhub.export.verify.reference.source_network import SourceNetwork
from slimhub.export.verify.subject import Source

NAME = "the original graph answers the same"

_NO_GRAPH = "the source has no graph of the training: a .meta file or a frozen graph beside it"
_REASON = "20 times what the last bit of the input changes there: another order of operations"
_LAST_BIT = float(np.finfo(np.float32).eps)


class OriginalJudge:
    """Finds the original graph of a source that can be compared with, and compares."""

    def __init__(self, source: Source) -> None:
        """Gets ready.

        Args:
          source: the checkpoint, with the files of its graphs.
        """
        self._source = source
        self._reasons: list[str] = []

    def ask(self, network: SourceNetwork) -> Check | None:
        """Compares with the first graph that is in the same mode as the network.

        Args:
          network: ours, for inference or training.

        Returns:
          The check, None where there is no such graph.
        """
        self._own = OwnLayers(network)
        self._head = network.spec.head
        for path in self._source.graphs:
            label = original_graphs.label_of(path)
            try:
                for graph in original_graphs.read(path):
                    if check := self._judge(network, graph, label):
                        return check
            except CheckpointError as error:
                self._refuse(label, str(error))
        return None

    def not_run(self, why: str = "") -> Check:
        """The check where no graph could be compared with.

        Args:
          why: in words, where it is not for the graphs.
        """
        reasons = "; ".join(dict.fromkeys(self._reasons))
        return Check("inference", NAME, "not run", why or reasons or _NO_GRAPH)

    def _judge(self, network: SourceNetwork, graph: Any, label: str) -> Check | None:
        """The check; None where the graph is of the other mode, or cannot be compared with."""
        shapes = {name: value.shape for name, value in network.values().items()}
        try:
            original = OriginalNetwork(graph, self._own.weights(), shapes, network.spec.head)
            if original.is_training != network.is_training:
                self._refuse(label, "it is a graph of training, which a quick proof leaves out")
                return None
            return self._compare(network, original, label)
        except NotComparableError as error:
            self._refuse(label, str(error))
        except (ArithmeticError, LookupError, TypeError, ValueError, RecursionError) as error:
            self._refuse(label, f"it is not well-formed ({type(error).__name__}: {error})")
        return None

    def _refuse(self, label: str, why: str) -> None:
        self._reasons.append(f"{label}: {why}")

    def _compare(self, network: SourceNetwork, original: OriginalNetwork, label: str) -> Check:
        area = "training" if network.is_training else "inference"
        size = network.spec.image_size
        images = pictures.mixed(size) if network.is_training else pictures.photograph(size)
        values = self._values(network, original)
        arrays = comparison.compute(network, self._own, original, images, values)
        compared = list(arrays.theirs)
        bounds = {key: _bound(arrays, key) for key in compared}
        found = {key: _difference(arrays, key) for key in compared}
        worst = max(compared, key=lambda key: found[key] / bounds[key])
        is_scaled, scaling = input_range.compare(original.nodes, original.feed, network.spec)
        numbers = (found[worst], bounds[worst], _REASON)
        for key in self._own.targets():
            complaint = self._complain(original, arrays, key, values, found, bounds)
            if complaint:
                return Check(area, NAME, "failed", f"{label}: {complaint}", *numbers)
        if not is_scaled:
            return Check(area, NAME, "failed", f"{label}: {scaling}", *numbers)
        if arrays.stopped:
            raise NotComparableError(arrays.stopped)
        return Check(area, NAME, "passed", self._said(original, label, compared, scaling), *numbers)

    def _complain(
        self,
        original: OriginalNetwork,
        arrays: Arrays,
        key: str,
        values: dict[str, np.ndarray],
        found: dict[str, float],
        bounds: dict[str, float],
    ) -> str:
        """What differs at one place, in words; empty where nothing does or can be compared."""
        if key in original.absent:
            is_head = re.search(self._head, key)
            return "" if is_head else f"nothing in it leads from the first layer to {key}"
        place = "at its output" if key not in original.layers else f"where it comes to {key}"
        if key in found and found[key] > bounds[key]:
            values_ = differences.describe(arrays.theirs[key], arrays.ours[key])
            return f"{place}{comparison.explain(self._own, original, key)} ({values_})"
        if key in found or (key not in original.layers and not original.outputs):
            return ""
        if missing := original.missing_variables(original.tensor(key), values):
            told = comparison.explain(self._own, original, key)
            return f"{place}{told}; the checkpoint has no value for its {missing[0]}"
        return ""

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
        said = [f"{label}: {len(compared)} arrays, among them {endpoints}", scaling]
        if "output" not in compared:
            said.append("its output was not found")
        if original.is_quantized:
            said.append("its quantization is left out")
        return "; ".join(said)


def _difference(arrays: Arrays, key: str) -> float:
    theirs, ours = arrays.theirs[key], arrays.ours[key]
    if theirs.size != ours.size:
        return float("inf")
    return differences.relative(theirs.reshape(ours.shape), ours)


def _bound(arrays: Arrays, key: str) -> float:
    rounding = differences.relative(arrays.nudged[key], arrays.ours[key])
    return differences.ROUNDINGS * max(rounding, _LAST_BIT)
