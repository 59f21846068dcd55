"""Collects checks while an artifact is examined."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator
from typing import Any

from slimhub.export.verify.checks import differences
from slimhub.export.verify.proof import Check, passed_or_failed

LAYERS_LEFT_OUT = "layers that the network does not have"  # name of a check


@dataclasses.dataclass
class Evidence:
    """Checks and tables of one examination.

    Attributes:
      parity_bound: how far an output may be from the source's.
      checks: so far.
      endpoints: rows of differences, see `Proof`.
      layers: rows of distributions, see `Proof`.
    """

    parity_bound: differences.Bound
    checks: list[Check] = dataclasses.field(default_factory=list)
    endpoints: list[dict[str, Any]] = dataclasses.field(default_factory=list)
    layers: list[dict[str, Any]] = dataclasses.field(default_factory=list)

    def add(self, *checks: Check) -> None:
        """Adds checks."""
        self.checks += checks

    def expect(self, area: str, name: str, is_so: bool, complaint: str) -> None:
        """Adds a check that passes if a condition is true."""
        self.add(passed_or_failed(area, name, [] if is_so else [complaint]))

    def skip(self, area: str, name: str, why: str) -> None:
        """Adds a check that could not be run."""
        self.add(Check(area, name, "not run", why))

    @contextlib.contextmanager
    def of(self, area: str, name: str) -> Iterator[None]:
        """Turns an exception into a failed check: an artifact may raise anything.

        Args:
          area: of the check.
          name: of the check.
        """
        try:
            yield
        except Exception as error:
            self.add(Check(area, name, "failed", f"{type(error).__name__}: {error}"))
