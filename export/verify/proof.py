"""The content of a proof: its checks, and where a difference is."""

from __future__ import annotations

import dataclasses
import math
from collections import Counter
from collections.abc import Iterable
from typing import Any, Literal

# How much is proved: everything; everything without training and gradients; nothing.
MODES = ("full", "quick", "none")

# The name of the check against the graph that came with the weights, which users see.
ORIGINAL_GRAPH = "the original graph answers the same"

# What a summary calls a mode, where its name does not say it.
_SUMMARIES = {
    "thorough": "full with all gradients",
    "contract": "the artifact alone, without a checkpoint",
}

CheckOutcome = Literal["passed", "failed", "not run"]


@dataclasses.dataclass(frozen=True)
class Check:
    """One thing that was checked.

    Attributes:
      area: `files`, `contract`, `variables`, `inference`, `training` or `goldens`.
      name: what was checked.
      outcome: how it went.
      detail: what was found; if it was not run, why.
      difference: the largest, relative to the largest expected magnitude, if numbers were compared.
      tolerance: the largest accepted difference.
      reason: why this tolerance.
    """

    area: str
    name: str
    outcome: CheckOutcome
    detail: str = ""
    difference: float | None = None
    tolerance: float | None = None
    reason: str = ""

    def line(self) -> str:
        """The check in one line; details of a failure follow on further lines."""
        numbers = ""
        if self.difference is not None:
            numbers = f" (difference {self.difference:.2g}, at most {self.tolerance:.2g})"
        detail = f": {self.detail}" if self.detail else ""
        return f"{self.outcome:8} {self.area:10} {self.name}{numbers}{detail}"


@dataclasses.dataclass(frozen=True)
class Proof:
    """The outcome of all checks of one artifact.

    Attributes:
      mode: one of `MODES`; `thorough`, which is full plus the gradients of inference; or
        `contract`, if there was no source to compare with.
      checks: in the order of their areas.
      endpoints: rows of {mode, endpoint, shape, largest, difference}, in graph order.
      source: the checkpoint that the artifact was compared with; empty if there was none.
      layers: rows of {variable, shape, quantiles}, in graph order; only if requested.
    """

    mode: str
    checks: tuple[Check, ...]
    endpoints: tuple[dict[str, Any], ...] = ()
    layers: tuple[dict[str, Any], ...] = ()
    source: str = ""

    @property
    def holds(self) -> bool:
        """Whether no check failed."""
        return not self.failed

    @property
    def failed(self) -> list[Check]:
        """The checks that failed."""
        return [check for check in self.checks if check.outcome == "failed"]

    @property
    def not_run(self) -> list[Check]:
        """The checks that could not be run."""
        return [check for check in self.checks if check.outcome == "not run"]

    def counts(self) -> dict[str, int]:
        """Number of checks by outcome."""
        return dict(Counter(check.outcome for check in self.checks))

    def summary(self) -> str:
        """A one-line summary for people."""
        parts = [f"{count} {outcome}" for outcome, count in self.counts().items()]
        return f"{_SUMMARIES.get(self.mode, self.mode)}, {', '.join(parts)}"

    def to_json(self) -> dict[str, Any]:
        """The proof as JSON data; a difference between incomparable things is null."""
        content: dict[str, Any] = {
            "mode": self.mode,
            "source": self.source,
            "holds": self.holds,
            "counts": self.counts(),
            "checks": [dataclasses.asdict(check) for check in self.checks],
            "endpoints": [dict(row) for row in self.endpoints],
            "layers": list(self.layers),
        }
        for row in [*content["checks"], *content["endpoints"]]:
            if row["difference"] is not None and not math.isfinite(row["difference"]):
                row["difference"] = None
        return content


def passed_or_failed(area: str, name: str, failures: Iterable[str], detail: str = "") -> Check:
    """A check that fails if there are any complaints.

    Args:
      area: see `Check`.
      name: see `Check`.
      failures: complaints.
      detail: used if the check passes.
    """
    complaints = "; ".join(failures)
    return Check(area, name, "failed" if complaints else "passed", complaints or detail)
