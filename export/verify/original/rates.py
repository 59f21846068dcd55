"""The numbers and random masks that dropout is made of, read off a graph by value.

A rate that the graph asks for (a scalar placeholder) has a trial value: what holds for several
trials holds for every rate.
"""

from __future__ import annotations

import dataclasses

from slimhub.export.verify.original.graph_nodes import GraphNodes, node_of
from slimhub.export.verify.original.layer_surroundings import constant
from slimhub.export.verify.original.stateless_operations import UNIFORM

_FLOATS = (1, 2, 14, 19)  # float32, float64, bfloat16, float16
_SAME = ("Identity", "StopGradient", "Reshape", "Squeeze", "ExpandDims")
_ABOVE = ("Greater", "GreaterEqual")
_BELOW = ("Less", "LessEqual")
_MOST_STEPS = 16  # operations in a row between a mask and the random numbers


@dataclasses.dataclass(frozen=True)
class Line:
    """A number, or one that depends linearly on random numbers between 0 and 1.

    Attributes:
      start: the number where the random one is 0.
      slope: how much more it is where the random one is 1.
      source: name of the node of the random numbers; empty where the slope is 0.
    """

    start: float
    slope: float = 0.0
    source: str = ""

    def share_above(self, limit: float) -> float | None:
        """How likely it is more than a limit; None for what is not random."""
        if not self.slope:
            return None
        share = (self.start + self.slope - limit) / self.slope
        return min(max(share if self.slope > 0 else 1 - share, 0.0), 1.0)


class Rates:
    """Reads numbers and masks of a graph for one trial of the rates that it asks for."""

    def __init__(self, nodes: GraphNodes, trial: float) -> None:
        """Reads nothing yet.

        Args:
          nodes: of the graph.
          trial: the rate, between 0 and 1; a second one that is asked for is half of it, and so on.
        """
        self._nodes, self._trial = nodes, trial
        self._asked: dict[str, float] = {}
        self._lines: dict[str, Line | None] = {}
        self._masks: dict[str, float | None] = {}

    def number(self, tensor: str) -> float | None:
        """A number that does not depend on images, weights or chance; None for all else."""
        line = self._line(tensor)
        return line.start if line is not None and not line.source else None

    def mask(self, tensor: str, steps: int = 0) -> float | None:
        """The mean of a random mask, whose values are zero and one other; None for all else.

        Args:
          tensor: the mask.
          steps: how many operations came behind it.
        """
        if tensor not in self._masks:
            self._masks[tensor] = self._mask(tensor, steps)
        return self._masks[tensor]

    def _mask(self, tensor: str, steps: int) -> float | None:
        name, feeding = node_of(tensor), self._nodes.inputs(node_of(tensor))
        op = self._nodes.op(name)
        if steps > _MOST_STEPS or not feeding:
            return None
        if op in _SAME:
            return self.mask(feeding[0], steps + 1)
        if op == "Floor":
            return self._floor(feeding[0])
        if op == "Cast":
            condition = self.condition(feeding[0])
            return self.mask(feeding[0], steps + 1) if condition is None else condition
        for other, factor in self.factors(name):
            if (mean := self.mask(other, steps + 1)) is not None:
                return mean * factor
        return None

    def condition(self, tensor: str) -> float | None:
        """How likely random numbers are on one side of a threshold; None for all else."""
        name, feeding = node_of(tensor), self._nodes.inputs(node_of(tensor))
        op = self._nodes.op(name)
        if op == "LogicalNot" and self._nodes.op(node_of(feeding[0])) != "LogicalNot":
            share = self.condition(feeding[0])
            return None if share is None else 1 - share
        if op not in (*_ABOVE, *_BELOW) or len(feeding) != 2:
            return None
        left, right = (self._line(t) for t in feeding)
        if left is None or right is None:
            return None
        difference = _sum(left, right, -1)
        share = None if difference is None else difference.share_above(0)
        return share if share is None or op in _ABOVE else 1 - share

    def factors(self, name: str) -> list[tuple[str, float]]:
        """The tensors that a node multiplies by a number, each with the number."""
        op, feeding = self._nodes.op(name), self._nodes.inputs(name)
        if op not in ("Mul", "Div", "RealDiv") or len(feeding) != 2:
            return []
        pairs = (feeding, feeding[::-1]) if op == "Mul" else (feeding,)
        found = []
        for tensor, other in pairs:
            number = self.number(other)
            if number:
                found.append((tensor, number if op == "Mul" else 1 / number))
        return found

    def _floor(self, tensor: str) -> float | None:
        """How likely random numbers between 0 and 2 are rounded down to 1."""
        line = self._line(tensor)
        if line is None:
            return None
        ends = line.start, line.start + line.slope
        return line.share_above(1) if min(ends) >= 0 and max(ends) <= 2 else None

    def _line(self, tensor: str, steps: int = 0) -> Line | None:
        if tensor not in self._lines:
            self._lines[tensor] = self._read_line(tensor, steps)
        return self._lines[tensor]

    def _read_line(self, tensor: str, steps: int) -> Line | None:
        name = node_of(tensor)
        op, feeding = self._nodes.op(name), self._nodes.inputs(name)
        if steps > _MOST_STEPS:
            return None
        if op in UNIFORM:
            return Line(0.0, 1.0, name)
        if op == "Const":
            value = constant(self._nodes, tensor)
            return None if value is None else Line(value)
        if op in ("Placeholder", "PlaceholderWithDefault"):
            return Line(self._rate(name)) if self._is_rate(name) else None
        if op == "Cast" and self._nodes.by_name[name].attr["DstT"].type not in _FLOATS:
            return None
        if op in (*_SAME, "Cast"):
            return self._line(feeding[0], steps + 1)
        lines = [self._line(t, steps + 1) for t in feeding[:2]]
        known = [line for line in lines if line is not None]
        return _computed(op, known) if known and len(known) == len(feeding) else None

    def _is_rate(self, name: str) -> bool:
        """Whether a node asks for one number."""
        attributes = self._nodes.by_name[name].attr
        shape = attributes["shape"].shape
        return attributes["dtype"].type in _FLOATS and not shape.dim

    def _rate(self, name: str) -> float:
        return self._asked.setdefault(name, self._trial / (1 + len(self._asked)))


def _computed(op: str, lines: list[Line]) -> Line | None:
    """What an operation makes of one or two numbers; None where it is not linear, or not known."""
    if len(lines) == 1:
        line = lines[0]
        if op == "Neg":
            return Line(-line.start, -line.slope, line.source)
        if op in ("Reciprocal", "Inv") and not line.source and line.start:
            return Line(1 / line.start)
        return None
    left, right = lines
    if op in ("Add", "AddV2", "Sub"):
        return _sum(left, right, -1 if op == "Sub" else 1)
    if op in ("Div", "RealDiv") and not right.source and right.start:
        return Line(left.start / right.start, left.slope / right.start, left.source)
    if op == "Mul" and left.source and not right.source:
        left, right = right, left
    if op == "Mul" and not left.source:
        return Line(left.start * right.start, left.start * right.slope, right.source)
    return None


def _sum(left: Line, right: Line, sign: int) -> Line | None:
    """The sum of two numbers, or their difference; None where their random parts are not one."""
    if left.source and right.source and left.source != right.source:
        return None
    slope = left.slope + sign * right.slope
    return Line(left.start + sign * right.start, slope, (left.source or right.source))
