"""What is to be done, as client and workers tell each other."""

from __future__ import annotations

import dataclasses
from typing import Any

from slimhub.export.request import Request


@dataclasses.dataclass(frozen=True)
class Publication:
    """Where a finished export is published.

    Attributes:
      target: one of `publish.destinations.targets`.
      handle: `PUBLISHER/NAME/VERSION` there; None where the target has no use for it.
      url: address that the hub will be served at, or None.
      page_options: license and dataset that the page names, where they are given.
    """

    target: str
    handle: str | None
    url: str | None = None
    page_options: dict[str, str] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class Job:
    """One export of a plan.

    Attributes:
      name: its output, relative to the folder of the run; no other export has the same.
      table: of the manifest that it comes from.
      request: what to export; the paths are absolute.
      memory: bytes that the export needs, all its processes together.
      publication: what happens to the artifact then, or None.
    """

    name: str
    table: str
    request: Request
    memory: int
    publication: Publication | None = None


@dataclasses.dataclass(frozen=True)
class JobOutcome:
    """What became of a job.

    Attributes:
      name: of the job.
      result: `exported`, `unchanged` (it was there, whole) or `failed`.
      seconds: wall time on the worker.
      worker: which one; empty where none finished it.
      detail: what was wrong, or why it was exported again.
      published: what became of the version, see `publish.destinations.destination.VersionChange`;
        empty without a publication.
    """

    name: str
    result: str
    seconds: float = 0.0
    worker: str = ""
    detail: str = ""
    published: str = ""

    def to_json(self) -> dict[str, Any]:
        """The outcome as JSON."""
        return dataclasses.asdict(self)
