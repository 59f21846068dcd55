"""A graph as a proto: who feeds whom, without TensorFlow.

A tensor is written as in the proto, `node` for its first output and `node:1` for the second.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import Any

VARIABLES = ("VariableV2", "Variable", "VarHandleOp")


def node_of(tensor: str) -> str:
    """The name of the node that a tensor comes out of."""
    return tensor.partition(":")[0]


class GraphNodes:
    """The nodes of a GraphDef by name.

    Attributes:
      by_name: NodeDefs, in the order of the graph.
    """

    def __init__(self, graph: Any, is_training: bool = False) -> None:
        """Reads a graph.

        Args:
          graph: a GraphDef.
          is_training: the value of whatever the graph asks for as a boolean; branches that are
            not taken then are left out.
        """
        self.by_name: dict[str, Any] = {node.name: node for node in graph.node}
        self._is_training = is_training
        self._dead: dict[str, bool] = {}
        self._consumers: dict[str, list[str]] = {}
        for node in graph.node:
            for tensor in self.inputs(node.name):
                self._consumers.setdefault(node_of(tensor), []).append(node.name)

    def op(self, name: str) -> str:
        """The type of a node; empty for one that is not there."""
        node = self.by_name.get(name)
        return node.op if node is not None else ""

    def inputs(self, name: str) -> list[str]:
        """Tensors that feed a node, of branches only those that are taken; no control inputs."""
        node = self.by_name.get(name)
        if node is None:
            return []
        return [self.live(tensor) for tensor in node.input if not tensor.startswith("^")]

    def consumers(self, name: str) -> list[str]:
        """Names of the nodes that a node feeds, in the order of the graph."""
        return self._consumers.get(name, [])

    def live(self, tensor: str) -> str:
        """What a tensor is once all branches are decided, and behind calls: mostly itself."""
        for _ in range(len(self.by_name)):
            name, _, index = tensor.partition(":")
            node = self.by_name.get(name)
            if node is not None and node.op == "Switch" and self._predicate(name) is not None:
                tensor = node.input[0]
            elif node is not None and node.op == "IdentityN":
                tensor = node.input[int(index or 0)]
            elif node is not None and node.op == "Merge" and not index.strip("0"):
                taken = [t for t in node.input if t[0] != "^" and not self._is_dead(t)]
                if len(taken) != 1:
                    return tensor
                tensor = taken[0]
            else:
                return tensor.removesuffix(":0")
        return tensor

    def behind(self, tensor: str, operations: Collection[str]) -> str:
        """What a tensor is made of by operations that do not count: their first inputs, in turn.

        Args:
          tensor: where to begin.
          operations: types of the operations.
        """
        seen: set[str] = set()
        while self.op(name := node_of(tensor)) in operations and name not in seen:
            seen.add(name)
            feeding = self.inputs(name)
            if not feeding:
                break
            tensor = feeding[0]
        return tensor

    def _predicate(self, switch: str) -> bool | None:
        """The value that decides a branch, None where the graph computes it."""
        name = node_of(self.behind(self.by_name[switch].input[1], ["Identity"]))
        if self.op(name) == "Placeholder":
            return self._is_training
        if self.op(name) == "PlaceholderWithDefault":
            name = node_of(self.by_name[name].input[0])
        if self.op(name) != "Const":
            return None
        value = self.by_name[name].attr["value"].tensor
        return any(value.bool_val) or any(value.tensor_content)

    def _is_dead(self, tensor: str) -> bool:
        """Whether a tensor lies in a branch that is not taken."""
        stack = [tensor.removeprefix("^")]
        while stack:
            current = stack[-1]
            name, _, index = current.partition(":")
            if current in self._dead or name not in self.by_name:
                self._dead.setdefault(current, False)
                stack.pop()
                continue
            node = self.by_name[name]
            if node.op == "Switch" and (taken := self._predicate(name)) is not None:
                self._dead[current] = (index == "1") != taken
                stack.pop()
                continue
            feeding = [t.removeprefix("^") for t in node.input]
            waiting = [t for t in feeding if t not in self._dead and t not in stack]
            if waiting:
                stack.append(waiting[0])
                continue
            dead = [self._dead.get(t, False) for t in feeding]
            self._dead[current] = bool(dead) and (all(dead) if node.op == "Merge" else any(dead))
            stack.pop()
        return self._dead[tensor.removeprefix("^")]

    def ancestors(
        self, tensors: Iterable[str], stop: Callable[[str], bool] = lambda tensor: False
    ) -> dict[str, None]:
        """Names of the nodes that tensors depend on, each after those that feed it.

        Args:
          tensors: where to begin.
          stop: says of a tensor that it, and what feeds it, does not count.
        """
        found: dict[str, None] = {}
        seen: set[str] = set()
        stack = [(node_of(tensor), False) for tensor in tensors if not stop(tensor)]
        while stack:
            name, is_done = stack.pop()
            if is_done:
                found[name] = None
            elif name not in seen:
                seen.add(name)
                stack.append((name, True))
                stack += [(node_of(t), False) for t in self.inputs(name) if not stop(t)]
        return found

    def descendants(self, name: str) -> set[str]:
        """Names of the nodes that depend on a node, and its own."""
        found, queue = set(), [name]
        while queue:
            current = queue.pop()
            if current not in found:
                found.add(current)
                queue += self.consumers(current)
        return found
