"""Maps the tensors of a checkpoint to the variables of a network."""

from __future__ import annotations

import dataclasses
import re
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from slimhub.checkpoints import leftovers, masks, names, unknown_layers
from slimhub.checkpoints.checkpoint import Checkpoint
from slimhub.checkpoints.leftovers import Expectations
from slimhub.checkpoints.selection import Averages
from slimhub.common.errors import CheckpointError, option
from slimhub.common.text import listed

if TYPE_CHECKING:
    import numpy as np

Reason = Literal["average", "raw", "plain"]

_SHOWN = 8  # names of each kind listed in a message
_SHAPES_SHOWN = 3  # each on a line of its own
# Dtypes that are cast to float32, and what to add about each.
_CAST = {"bfloat16": "", "float16": "", "float64": ", which loses precision"}
_VARIANCE = re.compile(r"/moving_variance(/ExponentialMovingAverage)?$")


@dataclasses.dataclass(frozen=True)
class VariableInfo:
    """A variable of the network: full name, shape, and whether training changes it."""

    name: str
    shape: tuple[int, ...]
    trainable: bool


@dataclasses.dataclass(frozen=True)
class Assignment:
    """A tensor that fills a variable: its shadow (`average`), its plain name next to shadows
    (`raw`), or its plain name in a checkpoint without shadows (`plain`). Also the pruning mask to
    multiply it with, if any, and the dtype it is stored as."""

    variable: str
    tensor: str
    reason: Reason
    mask: str | None = None
    dtype: str = "float32"


@dataclasses.dataclass(frozen=True)
class Plan:
    """What fills each variable, what does not fit, and what is left over.

    Attributes:
      assignments: one for each variable that can be filled.
      missing: variables that have no tensor in the checkpoint.
      mismatched: (variable, expected shape, shape in the checkpoint).
      expected: names that are expected to be left over, by kind.
      unexpected: other names that are left over, except ignored ones.
      averages: how the checkpoint holds averages, see `Checkpoint.averages`.
      without_average: trainable variables filled with raw values although others have averages.
      unknown: the names in `unexpected` that belong to the network's own layers.
      ignored: such names that the user chose to leave out.
      ignore_leftover: the pattern that matches them, or None.
      notes: remarks on the checkpoint's names.
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
        """How many variables are multiplied with a pruning mask."""
        return sum(assignment.mask is not None for assignment in self.assignments)

    def cast(self) -> dict[str, int]:
        """How many variables are cast to float32, by dtype."""
        found = Counter(assignment.dtype for assignment in self.assignments)
        return {dtype: found[dtype] for dtype in sorted(found) if dtype in _CAST}

    def summary(self) -> list[str]:
        """Lines that say what each variable was filled with, and what was left over."""
        plain = {
            "stored": "values from an averaged checkpoint",
            "shadows": "raw values, as requested",
            "unknown": "plain values (the checkpoint does not hold separate averages)",
        }[self.averages]
        words = {
            "average": "moving averages",
            "raw": "raw values that have no average",
            "plain": plain,
        }
        counts = self.counts()
        if "average" not in counts:
            words["raw"] = plain
        filled = ", ".join(f"{count} with {words[reason]}" for reason, count in counts.items())
        lines = [f"{len(self.assignments)} filled: {filled}"]
        lines += self.notes
        if self.without_average:
            lines.append(
                f"trainable, but without an average: {listed(self.without_average, _SHOWN)}"
            )
        lines += [
            f"{n} cast from {kind} to float32{_CAST[kind]}" for kind, n in self.cast().items()
        ]
        if masked := self.masked():
            lines.append(f"{masked} pruned: weights are multiplied with their masks")
        if leftovers.QUANTIZATION in self.expected:
            lines.append("the checkpoint was trained for quantization and is exported as float")
        if self.expected:
            expected = ", ".join(
                names.count_kind(len(left), kind) for kind, left in self.expected.items()
            )
            lines.append(f"left over as expected: {expected}")
        if self.unexpected:
            lines.append(f"left over unexpectedly: {listed(self.unexpected, _SHOWN)}")
        if self.ignore_leftover is not None:
            lines.append(unknown_layers.ignored(len(self.ignored), self.ignore_leftover))
        if not self.expected and not self.unexpected and not self.ignored:
            lines.append("nothing left over")
        return lines

    def require_complete(self) -> None:
        """Refuses a plan that leaves a variable unfilled.

        Raises:
          CheckpointError: lists what the network expects and what the checkpoint has.
        """
        if not self.missing and not self.mismatched:
            return
        lines = ["the checkpoint does not fit the network:"]
        if self.missing:
            lines.append(f"  expected, but not in the checkpoint: {listed(self.missing, _SHOWN)}")
        if self.mismatched:
            lines.append("  with another shape:")
            for variable, wanted, found in self.mismatched[:_SHAPES_SHOWN]:
                lines.append(f"    {variable} should be {list(wanted)}, is {list(found)}")
            if (more := len(self.mismatched) - _SHAPES_SHOWN) > 0:
                lines.append(f"    and {more} more")
        if self.unexpected:
            lines.append(
                f"  in the checkpoint, but not expected: {listed(self.unexpected, _SHOWN)}"
            )
        raise CheckpointError("\n".join(lines))

    def require_known(self, label: str) -> None:
        """Refuses a checkpoint with layers that the network does not have.

        Args:
          label: of the checkpoint.

        Raises:
          CheckpointError: says how many there are, what they look like, and what to do.
        """
        if self.unknown:
            wanted = [assignment.variable for assignment in self.assignments]
            raise CheckpointError(unknown_layers.complaint(self.unknown, wanted, label))

    def load(self, checkpoint: Checkpoint) -> dict[str, np.ndarray]:
        """Reads every tensor once.

        Args:
          checkpoint: the one that the plan was made for.

        Returns:
          f32 arrays by variable.

        Raises:
          CheckpointError: if bytes are damaged, a dtype is not a float, a value is NaN or infinite,
            or a variance is negative.
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
      checkpoint: holds the tensors.
      variables: of the network.
      averages: `auto` takes a shadow if there is one, `shadow` requires one for every trainable
        variable, `raw` takes plain names.
      expectations: what may be left over; by default, layers of the network get no special
        treatment.

    Returns:
      What fills each variable, what is missing or does not fit, and what is left over. It may be
      incomplete: see `Plan.require_complete`.

    Raises:
      CheckpointError: if `shadow` is given and a trainable variable has none, or `raw` is given and
        plain names hold averages.
      RequestError: if the pattern of names to ignore is not a regular expression.
    """
    expectations = expectations or Expectations()
    if averages == "shadow":
        _require_shadows(checkpoint, variables)
    if averages == "raw" and checkpoint.averages == "stored":
        raise CheckpointError(
            f"{option('averages', 'raw')} was given, but {checkpoint.label} holds averages "
            "under the plain names, as its folder name says: leave the option out, or pick "
            f"another checkpoint with {option('checkpoint_name')}"
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
    # A variable without any tensor is not about averages: the plan reports it as missing.
    held = [v.name for v in variables if v.trainable and v.name in checkpoint.tensors]
    without = [name for name in held if not checkpoint.shadow_of(name)]
    if without:
        raise CheckpointError(
            f"{option('averages', 'shadow')} was given, but {checkpoint.label} has no moving "
            f"average of {listed(without, _SHOWN)}: leave the option out to use plain values "
            "for these"
        )


def _value(checkpoint: Checkpoint, assignment: Assignment) -> np.ndarray:
    value = _valid_value(checkpoint, assignment.tensor)
    return value if assignment.mask is None else value * _valid_value(checkpoint, assignment.mask)


def _valid_value(checkpoint: Checkpoint, tensor: str) -> np.ndarray:
    dtype = checkpoint.tensors[tensor].dtype
    if dtype not in ("float32", *_CAST):
        raise CheckpointError(
            f"the tensor {tensor} in {checkpoint.label} is {dtype}, not a float: cast the "
            "variables and save the checkpoint again with TensorFlow 1"
        )
    import numpy as np

    stored = checkpoint.read(tensor)
    with np.errstate(over="ignore"):  # values too large for float32 become infinite
        value = stored.astype(np.float32, copy=False)
    bad = int(value.size - np.isfinite(value).sum())
    if bad:
        raise CheckpointError(
            f"the tensor {tensor} in {checkpoint.label} has {bad} of {value.size} values that "
            "are NaN or infinite: the training diverged before this save; use an earlier "
            "checkpoint"
        )
    if _VARIANCE.search(tensor) and (value < 0).any():
        raise CheckpointError(
            f"the tensor {tensor} in {checkpoint.label} is a variance with negative values "
            f"(lowest {value.min():g}): use another checkpoint, or {option('averages', 'raw')} "
            "if this is an average"
        )
    return value
