"""What a proof says: its checks, and where a difference is."""

from __future__ import annotations

import dataclasses
import math
from collections import Counter
from collections.abc import Iterable
from typing import Any, Literal

# How much is proved: everything; without training and gradients; nothing.
MODES = ("full", "quick", "none")

# The name of the check by the graph that came with the weights, which people are shown.
ORIGINAL_GRAPH = "the original graph answers the same"

CheckOutcome = Literal["passed", "failed", "not run"]


@dataclasses.dataclass(frozen=True)
class Check:
    """One thing that was looked at.

    Attributes:
      area: `files`, `contract`, `variables`, `inference`, `training` or `goldens`.
      name: what was looked at.
      outcome: how it went.
      detail: what was found; for one that was not run, why.
      difference: the largest, relative to the largest magnitude expected, where numbers were
        compared.
      tolerance: the largest difference that passes.
      reason: why that tolerance.
    """

    area: str
    name: str
    outcome: CheckOutcome
    detail: str = ""
    difference: float | None = None
    tolerance: float | None = None
    reason: str = ""

    def line(self) -> str:
        """The check in one line, details of a failure on further ones."""
        numbers = ""
        if self.difference is not None:
            numbers = f" (difference {self.difference:.2g}, at most {self.tolerance:.2g})"
        detail = f": {self.detail}" if self.detail else ""
        return f"{self.outcome:8} {self.area:10} {self.name}{numbers}{detail}"


@dataclasses.dataclass(frozen=True)
class Proof:
    """The outcome of all checks of one artifact.

    Attributes:
      mode: one of `MODES`; `thorough`, which is full with the gradients of inference; or
        `contract`, where there was no source to compare with.
      checks: in the order of their areas.
      endpoints: rows of {mode, endpoint, shape, largest, difference}, in graph order.
      source: which checkpoint the artifact was compared with; empty where there was none.
      layers: rows of {variable, shape, quantiles}, in graph order; only where asked for.
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
        """How many checks went which way."""
        return dict(Counter(check.outcome for check in self.checks))

    def summary(self) -> str:
        """One line for people."""
        parts = [f"{count} {outcome}" for outcome, count in self.counts().items()]
        return f"{self.mode}, {', '.join(parts)}"

    def to_json(self) -> dict[str, Any]:
        """The proof as JSON; a difference of things that cannot be compared is null."""
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
    """A check that fails where there is anything to complain of.

    Args:
      area: see `Check`.
      name: see `Check`.
      failures: complaints.
      detail: for a check that passes.
    """
    complaints = "; ".join(failures)
    return Check(area, name, "failed" if complaints else "passed", complaints or detail)
