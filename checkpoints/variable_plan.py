"""Which tensor of a checkpoint fills which variable of a network."""

from __future__ import annotations

import dataclasses
import re
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np

from slimhub.checkpoints import names
from slimhub.checkpoints.checkpoint import Checkpoint
from slimhub.checkpoints.selection import Averages
from slimhub.common.errors import CheckpointError, option
from slimhub.common.text import listed

Reason = Literal["average", "raw", "plain"]

_SHOWN = 8  # names a message lists of each kind
_VARIANCE = re.compile(r"/moving_variance(/ExponentialMovingAverage)?$")


@dataclasses.dataclass(frozen=True)
class VariableInfo:
    """What a network wants: full name, shape, and whether training changes it."""

    name: str
    shape: tuple[int, ...]
    trainable: bool


@dataclasses.dataclass(frozen=True)
class Assignment:
    """A tensor that fills a variable: its shadow (`average`), its plain name beside shadows
    (`raw`), or its plain name where nothing has shadows (`plain`)."""

    variable: str
    tensor: str
    reason: Reason


@dataclasses.dataclass(frozen=True)
class Plan:
    """What fills every variable, what does not fit, and what is left over.

    Attributes:
      assignments: one for each variable that can be filled.
      missing: variables for which the checkpoint has no tensor.
      mismatched: (variable, shape wanted, shape found).
      expected: names left over as a matter of course, by what they are.
      unexpected: other names left over.
      averages: how the checkpoint holds averages, see `Checkpoint.averages`.
      without_average: trainable variables filled with raw values though others have averages.
    """

    assignments: tuple[Assignment, ...]
    missing: tuple[str, ...]
    mismatched: tuple[tuple[str, tuple[int, ...], tuple[int, ...]], ...]
    expected: dict[str, tuple[str, ...]]
    unexpected: tuple[str, ...]
    averages: str
    without_average: tuple[str, ...]

    def counts(self) -> dict[str, int]:
        """How many variables each reason fills."""
        return dict(Counter(assignment.reason for assignment in self.assignments))

    def summary(self) -> list[str]:
        """Lines that say what was filled with what, and what was left over."""
        plain = {
            "stored": "values of an averaged checkpoint",
            "shadows": "raw values, as asked",
            "unknown": "plain values (the checkpoint holds no separate averages)",
        }[self.averages]
        if any(names.SHADOW in name for name in self.unexpected):
            plain = "plain values (its averages have names of another form, see below)"
        words = {
            "average": "moving averages",
            "raw": "raw values, having no average",
            "plain": plain,
        }
        counts = self.counts()
        if "average" not in counts:
            words["raw"] = plain
        filled = ", ".join(f"{count} with {words[reason]}" for reason, count in counts.items())
        lines = [f"{len(self.assignments)} filled: {filled}"]
        if self.without_average:
            lines.append(f"trained, but without an average: {listed(self.without_average, _SHOWN)}")
        if self.expected:
            expected = ", ".join(f"{len(left)} {kind}" for kind, left in self.expected.items())
            lines.append(f"left over as expected: {expected}")
        if self.unexpected:
            lines.append(f"left over, not expected: {listed(self.unexpected, _SHOWN)}")
        if not self.expected and not self.unexpected:
            lines.append("nothing left over")
        return lines

    def require_complete(self) -> None:
        """Refuses a plan that leaves a variable unfilled.

        Raises:
          CheckpointError: shows what the network wants beside what the checkpoint has.
        """
        if not self.missing and not self.mismatched:
            return
        lines = ["the checkpoint does not fit the network:"]
        if self.missing:
            lines.append(f"  wanted, not in the checkpoint: {listed(self.missing, _SHOWN)}")
        if self.mismatched:
            shapes = [f"{v} wants {list(w)}, has {list(f)}" for v, w, f in self.mismatched]
            lines.append(f"  of another shape: {listed(shapes, _SHOWN)}")
        unused = self.unexpected or ("nothing",)
        lines.append(f"  in the checkpoint, not wanted: {listed(unused, _SHOWN)}")
        raise CheckpointError("\n".join(lines))

    def load(self, checkpoint: Checkpoint) -> dict[str, np.ndarray]:
        """Reads every tensor once.

        Args:
          checkpoint: the one the plan was made for.

        Returns:
          f32 arrays by variable.

        Raises:
          CheckpointError: for damaged bytes, another dtype than float32, NaN or infinite
            values, a negative variance.
        """
        return {a.variable: _sound_value(checkpoint, a.tensor) for a in self.assignments}


def plan(
    checkpoint: Checkpoint,
    variables: Sequence[VariableInfo],
    *,
    averages: Averages = "auto",
    expected: Sequence[str] = (),
) -> Plan:
    """Finds the tensor for every variable.

    Args:
      checkpoint: where the tensors are.
      variables: what the network wants.
      averages: `auto` takes a shadow where there is one, `shadow` demands one of every
        trainable variable, `raw` takes plain names.
      expected: patterns of further names whose being left over is no surprise.

    Raises:
      CheckpointError: for `shadow` where a trainable variable has none, and for `raw` where plain
        names hold averages.
    """
    if averages == "shadow":
        _require_shadows(checkpoint, variables)
    if averages == "raw" and checkpoint.averages == "stored":
        raise CheckpointError(
            f"{option('averages', 'raw')}, but {checkpoint.label} holds averages under the plain "
            "names, as its folder's name says: leave it out, or name another with "
            f"{option('checkpoint_name')}"
        )
    assignments, missing, mismatched = [], [], []
    for variable in variables:
        tensor, reason = _source(checkpoint, variable.name, averages)
        info = checkpoint.tensors.get(tensor)
        if info is None:
            missing.append(variable.name)
        elif info.shape != tuple(variable.shape):
            mismatched.append((variable.name, tuple(variable.shape), info.shape))
        else:
            assignments.append(Assignment(variable.name, tensor, reason))
    used = {assignment.tensor for assignment in assignments}
    wanted = {variable.name for variable in variables}
    left = [name for name in checkpoint.tensors if name not in used]
    kinds = _sorted_by_kind(left, lambda name: _kind(name, wanted, expected))
    unexpected = kinds.pop("", ())
    trainable = {variable.name for variable in variables if variable.trainable}
    raw = [a.variable for a in assignments if a.reason == "raw" and a.variable in trainable]
    has_averages = any(assignment.reason == "average" for assignment in assignments)
    return Plan(
        tuple(assignments),
        tuple(missing),
        tuple(mismatched),
        kinds,
        unexpected,
        checkpoint.averages,
        tuple(raw) if has_averages else (),
    )


def _source(checkpoint: Checkpoint, variable: str, averages: str) -> tuple[str, Reason]:
    shadow = checkpoint.shadow_of(variable)
    if shadow and averages != "raw":
        return shadow, "average"
    return variable, "raw" if checkpoint.averages == "shadows" else "plain"


def _require_shadows(checkpoint: Checkpoint, variables: Sequence[VariableInfo]) -> None:
    # A variable without any tensor is no matter of averages: the plan names it as missing.
    held = [v.name for v in variables if v.trainable and v.name in checkpoint.tensors]
    without = [name for name in held if not checkpoint.shadow_of(name)]
    if without:
        raise CheckpointError(
            f"{option('averages', 'shadow')}, but no moving average of {listed(without, _SHOWN)} "
            f"is in {checkpoint.label}: leave it out to use plain values where there is none"
        )


def _kind(name: str, wanted: set[str], expected: Sequence[str]) -> str:
    """What a name left over is; empty where nothing explains it."""
    usual = names.matter_of_course(name)
    if usual:
        return usual
    if names.base_of(name) in wanted:
        return "moving averages" if name.endswith(names.SHADOW) else "raw values with an average"
    if any(re.search(pattern, name) for pattern in expected):
        return "of parts the task does not have"
    return ""


def _sorted_by_kind(left: list[str], kind: Callable[[str], str]) -> dict[str, tuple[str, ...]]:
    kinds: dict[str, list[str]] = {}
    for name in left:
        kinds.setdefault(kind(name), []).append(name)
    return {kind: tuple(members) for kind, members in kinds.items()}


def _sound_value(checkpoint: Checkpoint, tensor: str) -> np.ndarray:
    dtype = checkpoint.tensors[tensor].dtype
    if dtype != "float32":
        raise CheckpointError(
            f"the tensor {tensor} in {checkpoint.label} is {dtype}, not float32: convert the "
            "checkpoint with TensorFlow 1 first, by casting and saving its variables"
        )
    value = checkpoint.read(tensor)
    bad = int(value.size - np.isfinite(value).sum())
    if bad:
        raise CheckpointError(
            f"the tensor {tensor} in {checkpoint.label} has {bad} of {value.size} values that "
            "are NaN or infinite: the training diverged before it was saved, take an earlier one"
        )
    if _VARIANCE.search(tensor) and (value < 0).any():
        raise CheckpointError(
            f"the tensor {tensor} in {checkpoint.label} is a variance with negative values "
            f"(lowest {value.min():g}): take another checkpoint, or "
            f"{option('averages', 'raw')} if it is an average"
        )
    return value
