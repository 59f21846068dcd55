"""Which graph of a source judges its export, of those beside its weights. Imports TensorFlow."""

from __future__ import annotations

import dataclasses
from typing import Any

from slimhub.checkpoints import original_graphs
from slimhub.common.errors import CheckpointError
from slimhub.common.text import listed
from slimhub.export.verify.checks.original_answers import OriginalAnswers
from slimhub.export.verify.original import original_network
from slimhub.export.verify.original.own_layers import OwnLayers
from slimhub.export.verify.original.refusal import MALFORMED, NotComparableError
from slimhub.export.verify.proof import ORIGINAL_GRAPH, Check
from slimhub.export.verify.reference.source_network import SourceNetwork
from slimhub.export.verify.subject import Source

_NO_GRAPH = "the source comes without a graph of its training (a .meta file or a frozen graph)"
_NONE = r"(?!)"  # matches no name


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
        self._differing: list[tuple[str, Check]] = []  # of graphs that may be another's
        self._agreeing: list[tuple[str, Check]] = []  # the same, while its own graph waits
        self._own_waits = False
        self._own_reasons: list[str] = []  # why its own graph does not judge

    def ask(self, network: SourceNetwork) -> Check | None:
        """Compares with the first graph that is in the same mode as the network.

        The graph that was saved with the checkpoint decides, also where it has to wait for the
        network in training. Others beside it may be of another training: one that differs is only
        believed where no other agrees.

        Args:
          network: ours, for inference or training.

        Returns:
          The check, None where there is no such graph.
        """
        output = network.tensor_before_dropout()
        if not self._source.graphs:
            return None
        if output is None:  # dropout makes it random, which nothing can be compared with
            self._stop_to_wait()
            return None
        self._of_training.clear()
        self._own_waits = False
        self._own = OwnLayers(network, output)
        for path in sorted(self._source.graphs, key=lambda path: not self._source.has_own(path)):
            try:
                for graph in original_graphs.read(path):
                    if check := self._decide(network, graph, path):
                        return self._with_others(check, self._source.has_own(path))
            except CheckpointError as error:
                self._add_reason(str(error), path)
        return None

    def conclude(self) -> Check:
        """The check where no graph has decided."""
        if self._agreeing and not self._own_waits:
            return self._with_others(self._agreeing[0][1], is_its_own=False)
        waiting = [f"{label}: it is a training graph, which only a full proof compares"
                   for label in self._of_training]  # fmt: skip
        if self._differing and not waiting:
            return self._differing[0][1]
        others = [
            f"{check.detail}, and may belong to another network" for _, check in self._differing
        ]
        others += [
            f"{label} agrees, but may belong to another network" for label, _ in self._agreeing
        ]
        reasons = "; ".join(dict.fromkeys([*self._reasons, *waiting, *others]))
        return Check("inference", ORIGINAL_GRAPH, "not run", reasons or _NO_GRAPH)

    def _decide(self, network: SourceNetwork, graph: Any, path: str) -> Check | None:
        """The check of a graph if it decides; else it is kept in mind."""
        label, is_its_own = original_graphs.label_of(path), self._source.has_own(path)
        waiting = len(self._of_training)
        check = self._judge(network, graph, path)
        self._own_waits |= is_its_own and len(self._of_training) > waiting
        if check is None or is_its_own:
            return check
        if check.outcome == "passed" and not self._own_waits:
            return check
        (self._agreeing if check.outcome == "passed" else self._differing).append((label, check))
        return None

    def _stop_to_wait(self) -> None:
        """Gives up on graphs of training: the network's outputs are random there."""
        for path in self._source.graphs:
            label = original_graphs.label_of(path)
            if label in self._of_training:
                self._add_reason(f"{label}: dropout makes the features random in training", path)
        self._of_training.clear()
        self._own_waits = False

    def _add_reason(self, reason: str, path: str) -> None:
        """Keeps in mind why a graph does not judge."""
        self._reasons.append(reason)
        if self._source.has_own(path):
            self._own_reasons.append(reason)

    def _with_others(self, check: Check, is_its_own: bool) -> Check:
        """A check that says which graphs beside the one that decided differ, or were not compared.

        Args:
          check: of the graph that decided.
          is_its_own: whether that was saved with the checkpoint.
        """
        if check.outcome != "passed":
            return check
        said = [check.detail]
        if labels := [label for label, _ in self._differing]:
            said.append(f"next to it, {listed(labels, 2)} belongs to another network")
        if self._own_reasons and not is_its_own:
            said.append(f"the checkpoint's own graph was not compared: {self._own_reasons[0]}")
        return dataclasses.replace(check, detail="; ".join(said))

    def _judge(self, network: SourceNetwork, graph: Any, path: str) -> Check | None:
        """The check; None where the graph is of the other mode, or cannot be compared with."""
        label = original_graphs.label_of(path)
        shapes = {name: value.shape for name, value in network.values().items()}
        weights, scope = self._own.weights(), self._source.scope
        try:
            # Of a network that ends earlier than its own, the graph may have logits all the same.
            head = _NONE if network.spec.last_layer else network.spec.head
            towers, left_out = original_network.read(graph, weights, shapes, head, scope)
            if towers[0].is_training != network.is_training:
                self._of_training += [label] * towers[0].is_training
                return None
            answers = OriginalAnswers(self._source, network, self._own)
            return answers.compare(towers, left_out, label)
        except NotComparableError as error:
            self._add_reason(f"{label}: {error}", path)
        except MALFORMED as error:
            said = f"it is not well-formed ({type(error).__name__}: {error})"
            self._add_reason(f"{label}: {said}", path)
        return None
