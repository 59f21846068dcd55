"""What client and workers exchange: jobs and outcomes."""

from __future__ import annotations

import dataclasses
from typing import Any

from slimhub.evaluate.evaluation_request import EvaluationRequest
from slimhub.export.request import Request
from slimhub.publish.pages.publisher_texts import PublisherTexts


@dataclasses.dataclass(frozen=True)
class Publication:
    """Where a finished export is published.

    Attributes:
      target: one of `publish.destinations.targets`.
      handle: `PUBLISHER/NAME/VERSION` there; None if the target does not use it.
      url: address that the hub will be served at, or None.
      page_options: license and dataset for the page, if given.
      texts: of the publisher for the page, or None.
    """

    target: str
    handle: str | None
    url: str | None = None
    page_options: dict[str, str] = dataclasses.field(default_factory=dict)
    texts: PublisherTexts | None = None


@dataclasses.dataclass(frozen=True)
class Job:
    """One export of a plan.

    Attributes:
      name: its output, relative to the folder of the run; unique among the exports.
      table: of the manifest that it comes from.
      request: what to export; the paths are absolute.
      memory: bytes that the export needs, with all its processes.
      publication: how to publish the artifact afterwards, or None.
      also: absolute paths of files of other formats to write, see `formats.companions`.
      evaluation: how to measure the artifact's accuracy before it is published, or None.
      renews: whether to export again what another release of slimhub wrote.
    """

    name: str
    table: str
    request: Request
    memory: int
    publication: Publication | None = None
    also: tuple[str, ...] = ()
    evaluation: EvaluationRequest | None = None
    renews: bool = False


@dataclasses.dataclass(frozen=True)
class JobOutcome:
    """What happened to a job.

    Attributes:
      name: of the job.
      result: `exported`, `unchanged` (the whole artifact was already there) or `failed`.
      seconds: wall time on the worker.
      worker: that ran it; empty if none finished it.
      detail: what was wrong, why it was exported again, which release wrote it, or what the
        original graph showed.
      published: what happened to the version, see `publish.destinations.destination.VersionChange`;
        empty without a publication.
      top1: accuracy that was measured, a fraction; None without an evaluation.
      published_top1: of an artifact that was evaluated, the accuracy on ImageNet that others
        published for its checkpoint, a fraction; None if its weights are other ones.
    """

    name: str
    result: str
    seconds: float = 0.0
    worker: str = ""
    detail: str = ""
    published: str = ""
    top1: float | None = None
    published_top1: float | None = None

    def to_json(self) -> dict[str, Any]:
        """The outcome as JSON."""
        return dataclasses.asdict(self)
