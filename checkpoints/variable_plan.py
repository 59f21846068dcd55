"""Which tensor of a checkpoint fills which variable of a network."""

from __future__ import annotations

import dataclasses
import re
from collections import Counter
from collections.abc import Sequence
from typing import Literal

import numpy as np

from slimhub.checkpoints import leftovers, masks, unknown_layers
from slimhub.checkpoints.checkpoint import Checkpoint
from slimhub.checkpoints.leftovers import Expectations
from slimhub.checkpoints.selection import Averages
from slimhub.common.errors import CheckpointError, option
from slimhub.common.text import listed

Reason = Literal["average", "raw", "plain"]

_SHOWN = 8  # names a message lists of each kind
# What is cast to float32, and what there is to say of it.
_CAST = {"bfloat16": "", "float16": "", "float64": ", which loses digits"}
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
    (`raw`), or its plain name where nothing has shadows (`plain`); the mask of pruning that it
    is multiplied with, if any; and what it is stored as."""

    variable: str
    tensor: str
    reason: Reason
    mask: str | None = None
    dtype: str = "float32"


@dataclasses.dataclass(frozen=True)
class Plan:
    """What fills every variable, what does not fit, and what is left over.

    Attributes:
      assignments: one for each variable that can be filled.
      missing: variables for which the checkpoint has no tensor.
      mismatched: (variable, shape wanted, shape found).
      expected: names left over as a matter of course, by what they are.
      unexpected: other names left over, but for those that are ignored.
      averages: how the checkpoint holds averages, see `Checkpoint.averages`.
      without_average: trainable variables filled with raw values though others have averages.
      unknown: those of `unexpected` that are layers of the network itself.
      ignored: such layers that are left out at the owner's risk.
      ignore_leftover: the pattern of their names, or None.
      notes: what is to be said of the checkpoint's names.
    """

    assignments: tuple[Assignment, ...]
    missing: tuple[str, ...]
    mismatched: tuple[tuple[str, tuple[int, ...], tuple[int, ...]], ...]
    expected: dict[str, tuple[str, ...]]
    unexpected: tuple[str, ...]
    averages: str
    without_average: tuple[str, ...]
    unknown: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    ignore_leftover: str | None = None
    notes: tuple[str, ...] = ()

    def counts(self) -> dict[str, int]:
        """How many variables each reason fills."""
        return dict(Counter(assignment.reason for assignment in self.assignments))

    def masked(self) -> int:
        """How many variables are multiplied with a mask of pruning."""
        return sum(assignment.mask is not None for assignment in self.assignments)

    def cast(self) -> dict[str, int]:
        """How many variables are cast to float32 from each other dtype."""
        found = Counter(assignment.dtype for assignment in self.assignments)
        return {dtype: found[dtype] for dtype in sorted(found) if dtype in _CAST}

    def summary(self) -> list[str]:
        """Lines that say what was filled with what, and what was left over."""
        plain = {
            "stored": "values of an averaged checkpoint",
            "shadows": "raw values, as asked",
            "unknown": "plain values (the checkpoint holds no separate averages)",
        }[self.averages]
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
        lines += self.notes
        if self.without_average:
            lines.append(f"trained, but without an average: {listed(self.without_average, _SHOWN)}")
        lines += [
            f"{n} cast from {kind} to float32{_CAST[kind]}" for kind, n in self.cast().items()
        ]
        if masked := self.masked():
            lines.append(f"{masked} pruned: their values are weights times mask")
        if leftovers.QUANTIZATION in self.expected:
            lines.append("the checkpoint was trained for quantization, and is exported as float")
        if self.expected:
            expected = ", ".join(f"{len(left)} {kind}" for kind, left in self.expected.items())
            lines.append(f"left over as expected: {expected}")
        if self.unexpected:
            lines.append(f"left over, not expected: {listed(self.unexpected, _SHOWN)}")
        if self.ignore_leftover is not None:
            lines.append(unknown_layers.ignored(len(self.ignored), self.ignore_leftover))
        if not self.expected and not self.unexpected and not self.ignored:
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

    def require_known(self, label: str) -> None:
        """Refuses a checkpoint that has layers which the network does not have.

        Args:
          label: of the checkpoint.

        Raises:
          CheckpointError: says how many, what they look like, and what to do.
        """
        if self.unknown:
            wanted = [assignment.variable for assignment in self.assignments]
            raise CheckpointError(unknown_layers.complaint(self.unknown, wanted, label))

    def load(self, checkpoint: Checkpoint) -> dict[str, np.ndarray]:
        """Reads every tensor once.

        Args:
          checkpoint: the one the plan was made for.

        Returns:
          f32 arrays by variable.

        Raises:
          CheckpointError: for damaged bytes, a dtype that is no float, NaN or infinite values, a
            negative variance.
        """
        return {a.variable: _value(checkpoint, a) for a in self.assignments}


def plan(
    checkpoint: Checkpoint,
    variables: Sequence[VariableInfo],
    *,
    averages: Averages = "auto",
    expectations: Expectations | None = None,
) -> Plan:
    """Finds the tensor for every variable.

    Args:
      checkpoint: where the tensors are.
      variables: what the network wants.
      averages: `auto` takes a shadow where there is one, `shadow` demands one of every
        trainable variable, `raw` takes plain names.
      expectations: what may be left over; by default layers of the network are not told apart.

    Raises:
      CheckpointError: for `shadow` where a trainable variable has none, and for `raw` where plain
        names hold averages.
      RequestError: for a pattern of names to ignore that is not a regular expression.
    """
    expectations = expectations or Expectations()
    if averages == "shadow":
        _require_shadows(checkpoint, variables)
    if averages == "raw" and checkpoint.averages == "stored":
        raise CheckpointError(
            f"{option('averages', 'raw')}, but {checkpoint.label} holds averages under the plain "
            "names, as its folder's name says: leave it out, or name another with "
            f"{option('checkpoint_name')}"
        )
    stored = {name: info.shape for name, info in checkpoint.tensors.items()}
    wanted = {variable.name: tuple(variable.shape) for variable in variables}
    pruned = masks.find(stored, wanted)
    assignments, missing, mismatched = [], [], []
    for variable in variables:
        tensor, reason = _source(checkpoint, variable.name, averages)
        info = checkpoint.tensors.get(tensor)
        if info is None:
            missing.append(variable.name)
        elif info.shape != tuple(variable.shape):
            mismatched.append((variable.name, tuple(variable.shape), info.shape))
        else:
            mask = pruned.get(variable.name)
            assignments.append(Assignment(variable.name, tensor, reason, mask, info.dtype))
    left = leftovers.sort(stored, wanted, [a.tensor for a in assignments], expectations)
    trainable = {variable.name for variable in variables if variable.trainable}
    raw = [a.variable for a in assignments if a.reason == "raw" and a.variable in trainable]
    has_averages = any(assignment.reason == "average" for assignment in assignments)
    return Plan(
        tuple(assignments),
        tuple(missing),
        tuple(mismatched),
        left.expected,
        left.unexpected,
        checkpoint.averages,
        tuple(raw) if has_averages else (),
        left.unknown,
        left.ignored,
        expectations.ignore,
        checkpoint.notes,
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


def _value(checkpoint: Checkpoint, assignment: Assignment) -> np.ndarray:
    value = _sound_value(checkpoint, assignment.tensor)
    return value if assignment.mask is None else value * _sound_value(checkpoint, assignment.mask)


def _sound_value(checkpoint: Checkpoint, tensor: str) -> np.ndarray:
    dtype = checkpoint.tensors[tensor].dtype
    if dtype not in ("float32", *_CAST):
        raise CheckpointError(
            f"the tensor {tensor} in {checkpoint.label} is {dtype}, not a float: convert the "
            "checkpoint with TensorFlow 1 first, by casting and saving its variables"
        )
    stored = checkpoint.read(tensor)
    with np.errstate(over="ignore"):  # what is too large for float32 is infinite then
        value = stored.astype(np.float32, copy=False)
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
