"""Follows the connections of a graph proto, without TensorFlow.

Tensors are written as in the proto, `node` for the first output and `node:1` for the second.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from slimhub.export.verify.original.refusal import NotComparableError
from slimhub.export.verify.original.stateless_operations import QUANTIZATION

VARIABLES = ("VariableV2", "Variable", "VarHandleOp")
# Limit of visited nodes for all searches of one graph. A training graph of NASNet has 30,000 nodes
# and is searched 100 times; only a graph made to be slow exceeds this.
_MAX_VISITS = 30_000_000


def node_of(tensor: str) -> str:
    """The name of the node that outputs a tensor."""
    return tensor.partition(":")[0]


class GraphNodes:
    """The nodes of a GraphDef by name.

    Attributes:
      by_name: NodeDefs, in the order of the graph.
      visits: how many nodes were looked at so far, by all searches.
    """

    def __init__(self, graph: Any, is_training: bool = False) -> None:
        """Reads a graph.

        Args:
          graph: a GraphDef.
          is_training: the value of whatever boolean the graph asks for; the branches that are then
            not taken are left out.
        """
        self.by_name: dict[str, Any] = {node.name: node for node in graph.node}
        self._is_training = is_training
        self._dead: dict[str, bool] = {}
        self._decided: dict[str, bool | None] = {}  # predicates, by tensor
        self._bypassed: Mapping[str, str] = {}
        self.visits = 0
        self._connect()

    def bypass(self, instead: Mapping[str, str]) -> None:
        """Removes nodes: other tensors feed their consumers from now on.

        Args:
          instead: by node name, the tensor to use instead of its output.
        """
        self._bypassed = dict(instead)
        self._connect()

    def _connect(self) -> None:
        self._live: dict[str, str] = {}
        self._consumers: dict[str, list[str]] = {}
        for name in self.by_name:
            for tensor in self.inputs(name):
                self._consumers.setdefault(node_of(tensor), []).append(name)

    def op(self, name: str) -> str:
        """The type of a node; empty if it does not exist."""
        node = self.by_name.get(name)
        return node.op if node is not None else ""

    def inputs(self, name: str) -> list[str]:
        """Tensors that feed a node; only in branches that are taken, and without control inputs.

        For quantization, only the quantized tensor counts, not the range.
        """
        node = self.by_name.get(name)
        if node is None:
            return []
        data = [tensor for tensor in node.input if not tensor.startswith("^")]
        return [self.live(tensor) for tensor in (data[:1] if node.op in QUANTIZATION else data)]

    def consumers(self, name: str) -> list[str]:
        """Names of the nodes that a node feeds, in the order of the graph."""
        return self._consumers.get(name, [])

    def live(self, tensor: str) -> str:
        """Resolves branches and calls behind a tensor; usually returns the tensor itself.

        Raises:
          NotComparableError: if it depends on itself.
        """
        passed = []
        while tensor not in self._live:
            passed.append(tensor)
            if len(passed) > len(self.by_name):
                raise NotComparableError(f"it is not well-formed: {tensor} depends on itself")
            following = self._following(tensor)
            if following is None:
                self._live[tensor] = tensor.removesuffix(":0")
                break
            tensor = following
        for name in passed:
            self._live[name] = self._live[tensor]
        return self._live[tensor]

    def _following(self, tensor: str) -> str | None:
        """The tensor that another is a copy of, or None."""
        name, _, index = tensor.partition(":")
        node = self.by_name.get(name)
        if node is None:
            return None
        if name in self._bypassed:
            return self._bypassed[name]
        if node.op == "Switch" and self._predicate(name) is not None:
            return str(node.input[0])
        if node.op == "IdentityN":
            return str(node.input[int(index or 0)])
        if node.op == "Merge" and not index.strip("0"):
            taken = [t for t in node.input if t[0] != "^" and not self._is_dead(t)]
            return str(taken[0]) if len(taken) == 1 else None
        return None

    def behind(self, tensor: str, operations: Collection[str]) -> str:
        """Follows first inputs back through operations that do not matter.

        Args:
          tensor: where to start.
          operations: types of these operations.
        """
        seen: set[str] = set()
        while self.op(name := node_of(tensor)) in operations and name not in seen:
            self._visit()
            seen.add(name)
            feeding = self.inputs(name)
            if not feeding:
                break
            tensor = feeding[0]
        return tensor

    def _predicate(self, switch: str) -> bool | None:
        """The value that decides a branch, None where the graph computes it."""
        tensor = str(self.by_name[switch].input[1])
        if tensor not in self._decided:
            self._decided[tensor] = self._value(tensor)
        return self._decided[tensor]

    def _value(self, tensor: str) -> bool | None:
        """The value of a condition, None where the graph computes it."""
        name = node_of(self.behind(tensor, ["Identity"]))
        is_inverted = self.op(name) == "LogicalNot"
        if is_inverted:
            name = node_of(self.behind(self.by_name[name].input[0], ["Identity"]))
        if self.op(name) == "Placeholder":
            return self._is_training != is_inverted
        if self.op(name) == "PlaceholderWithDefault":
            name = node_of(self.by_name[name].input[0])
        if self.op(name) != "Const":
            return None
        value = self.by_name[name].attr["value"].tensor
        return (any(value.bool_val) or any(value.tensor_content)) != is_inverted

    def _is_dead(self, tensor: str) -> bool:
        """Whether a tensor lies in a branch that is not taken."""
        stack = [(start := tensor.removeprefix("^"), iter(self._feeding(start)))]
        opened = {start}
        while stack:
            current, waiting = stack[-1]
            following = next((t for t in waiting if t not in self._dead and t not in opened), None)
            if following is not None:
                self._visit()
                opened.add(following)
                stack.append((following, iter(self._feeding(following))))
                continue
            self._dead[current] = self._is_dead_by(current)
            stack.pop()
        return self._dead[start]

    def _decides(self, tensor: str) -> bool | None:
        """Which output of a branch is taken; None for what is no branch, or is not decided."""
        name = node_of(tensor)
        return self._predicate(name) if self.op(name) == "Switch" else None

    def _feeding(self, tensor: str) -> list[str]:
        """What decides whether a tensor is dead: all inputs, but for branches that are decided."""
        node = self.by_name.get(node_of(tensor))
        if node is None or self._decides(tensor) is not None:
            return []
        return [t.removeprefix("^") for t in node.input]

    def _is_dead_by(self, tensor: str) -> bool:
        """Whether a tensor is dead, once that is known of what feeds it."""
        if (taken := self._decides(tensor)) is not None:
            return (tensor.partition(":")[2] == "1") != taken
        dead = [self._dead.get(t, False) for t in self._feeding(tensor)]
        is_merge = self.op(node_of(tensor)) == "Merge"
        return bool(dead) and (all(dead) if is_merge else any(dead))

    def ancestors(
        self, tensors: Iterable[str], stop: Callable[[str], bool] = lambda tensor: False
    ) -> dict[str, None]:
        """Names of the nodes that tensors depend on, each after those that feed it.

        Args:
          tensors: where to start.
          stop: returns whether to leave out a tensor and what feeds it.
        """
        found: dict[str, None] = {}
        seen: set[str] = set()
        stack = [(node_of(tensor), False) for tensor in tensors if not stop(tensor)]
        while stack:
            name, is_done = stack.pop()
            if is_done:
                found[name] = None
            elif name not in seen:
                self._visit()
                seen.add(name)
                stack.append((name, True))
                stack += [(node_of(t), False) for t in self.inputs(name) if not stop(t)]
        return found

    def descendants(self, name: str) -> set[str]:
        """Names of the nodes that depend on a node, including itself."""
        found, queue = set(), [name]
        while queue:
            current = queue.pop()
            if current not in found:
                self._visit()
                found.add(current)
                queue += self.consumers(current)
        return found

    def _visit(self) -> None:
        self.visits += 1
        if self.visits > _MAX_VISITS:
            raise NotComparableError("it takes too long to look through")
