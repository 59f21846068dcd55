"""Compares what an artifact computes with what is expected, and says where they diverge."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from slimhub.common.text import count, listed
from slimhub.export.verify.proof import Check, CheckOutcome
from slimhub.export.verify.reference.distance import ROUNDINGS, relative

_LOOSEST = 0.1  # of the largest magnitude, whatever the effect of rounding
_SHOWN = 4  # variables listed in a message


@dataclasses.dataclass(frozen=True)
class Bound:
    """The largest accepted difference, relative to the largest magnitude, and why."""

    tolerance: float
    reason: str


SAME_KERNELS = Bound(0.0, "the same kernels run in the same order on this machine")
OTHER_ORDER = Bound(1e-5, "another order of operations: f32 rounding adds up")
SESSION = Bound(1e-5, "a session of TensorFlow 1 runs functions differently: f32 rounding adds up")
GRADIENTS = Bound(1e-5, "partial sums of gradients are added in another order")
SUM = Bound(1e-6, "summed in f64 here, in f32 there")


def amplified(bound: Bound, rounding: float) -> Bound:
    """A bound for a network that amplifies rounding.

    Args:
      bound: for networks that do not.
      rounding: what the last bit of the input changes, relative to the largest magnitude.
    """
    if ROUNDINGS * rounding <= bound.tolerance:
        return bound
    reason = f"{bound.reason}; the network amplifies the last bit of its input to {rounding:.1g}"
    return Bound(min(ROUNDINGS * rounding, _LOOSEST), reason)


@dataclasses.dataclass(frozen=True)
class Compared:
    """A check of many arrays, and a row for each."""

    check: Check
    rows: list[dict[str, Any]]


def compare(
    area: str,
    name: str,
    actual: Mapping[str, np.ndarray],
    expected: Mapping[str, np.ndarray],
    bound: Bound,
    explain: Callable[[str], str] = lambda key: "",
) -> Compared:
    """Compares arrays by name.

    Args:
      area: of the check.
      name: of the check.
      actual: the artifact's arrays.
      expected: the source's, in graph order.
      bound: the largest accepted difference.
      explain: takes the name of the first array that differs, returns more details.

    Returns:
      The check; its detail names the first array that differs, and both values.
    """
    rows: list[dict[str, Any]] = []
    first: str | None = None
    for key, wanted in expected.items():
        found = actual.get(key)
        if found is not None and found.shape == wanted.shape:
            difference = relative(found, wanted)
        else:
            difference = np.inf
        largest = float(np.abs(wanted).max()) if wanted.size else 0.0
        rows.append(
            {
                "mode": f"{area}, {name}",
                "endpoint": key,
                "shape": list(wanted.shape),
                "largest": largest,
                "difference": difference,
            }
        )
        if first is None and difference > bound.tolerance:
            first = key
    worst = max((row["difference"] for row in rows), default=0.0)
    detail = count(len(rows), "array")
    if first is not None:
        others = sum(row["difference"] > bound.tolerance for row in rows) - 1
        detail = (
            f"{first} is the first of {others + 1} that differ: "
            f"{describe(actual.get(first), expected[first])}{explain(first)}"
        )
    outcome: CheckOutcome = "passed" if first is None else "failed"
    check = Check(area, name, outcome, detail, worst, bound.tolerance, bound.reason)
    return Compared(check, rows)


def compare_gradients(
    area: str,
    name: str,
    actual: Mapping[str, Any],
    expected: Mapping[str, np.ndarray],
    roundings: Mapping[str, float],
) -> Check:
    """Compares gradients by variable.

    A gradient that would be zero without rounding, such as that of a bias before batch norm, has no
    magnitude of its own. So each difference is related to the largest gradient of all, if that is
    more than 1000 times as large. Deep untrained networks amplify rounding, so a difference of 20
    times the effect of the last bit of the images also passes, up to a hundredth of the largest
    gradient.

    Args:
      area: of the check.
      name: of the check.
      actual: the artifact's, tensors or None.
      expected: the source's, in graph order.
      roundings: by name, how much the source's gradients change with the last bit of the images.
    """
    largest = max((float(np.abs(value).max()) for value in expected.values()), default=0.0)
    worst, complaints = 0.0, []
    for variable, wanted in expected.items():
        found = actual.get(variable)
        if found is None:
            worst = np.inf
            complaints.append(f"{variable} has no gradient")
            continue
        noise = min(ROUNDINGS * roundings[variable], largest / 100)
        scale = max(float(np.abs(wanted).max()), largest / 1000, noise / GRADIENTS.tolerance)
        difference = relative(found.numpy(), wanted, scale)
        worst = max(worst, difference)
        if difference > GRADIENTS.tolerance:
            complaints.append(
                f"the gradient of {variable} differs: {describe(found.numpy(), wanted)}"
            )
    return Check(
        area,
        name,
        "failed" if complaints else "passed",
        "; ".join(complaints[:_SHOWN]) or count(len(expected), "gradient"),
        worst,
        GRADIENTS.tolerance,
        GRADIENTS.reason,
    )


def describe(actual: np.ndarray | None, expected: np.ndarray) -> str:
    """Both values where they differ most."""
    if actual is None:
        return "the artifact does not have it"
    if actual.shape != expected.shape:
        return f"shape {list(actual.shape)}, expected {list(expected.shape)}"
    distance = np.abs(actual.astype(np.float64) - expected)
    where = np.unravel_index(np.argmax(np.nan_to_num(distance, nan=np.inf)), actual.shape)
    index = [int(i) for i in where]
    return f"at {index} {actual[where]:.9g}, expected {expected[where]:.9g}"


def name_variables(variables: list[str], differing: set[str] | None) -> str:
    """The variables that feed an endpoint, for a message; those that differ come first.

    Args:
      variables: names, in graph order.
      differing: names whose values are not the checkpoint's; None if that was not checked.
    """
    if not variables:
        return "; no variable lies between it and the endpoints before it"
    if differing is None:
        return f"; it is fed by {listed(variables, _SHOWN)}"
    wrong = [name for name in variables if name in differing]
    if wrong:
        told = listed(wrong, _SHOWN)
        return f"; of the variables that feed it, {told} do not hold the checkpoint's values"
    return f"; it is fed by {listed(variables, _SHOWN)}, which hold the checkpoint's values"
