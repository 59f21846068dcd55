"""From a manifest to its exports: everything that can be refused is refused here."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from slimhub import checkpoints, nets
from slimhub.common.errors import RequestError
from slimhub.export import labels
from slimhub.export.request import Request
from slimhub.nets import NetworkOptions
from slimhub.zoo import manifest, memory, placeholders, publisher
from slimhub.zoo.jobs import Job, Publication
from slimhub.zoo.manifest import Table

_PATTERNS = ("checkpoint", "checkpoint_name", "labels", "output", "publish", "handle")
_OPTIONAL = ("checkpoint_name", "sha256", "averages", "proof", "ignore_leftover", "scope")
_OF_CLASSES = ("labels", "drop_background")  # a feature vector of the same table has none


def plan(path: Path, folder: Path | None = None) -> tuple[Job, ...]:
    """The exports of a manifest, in its order.

    Args:
      path: of the manifest.
      folder: what relative paths begin at; the manifest's own folder by default.

    Raises:
      RequestError: says what is wrong in which table of which file, and what to do.
    """
    base = Path(os.path.realpath(path.parent if folder is None else folder))
    jobs = [job for table in manifest.read(path) for job in _jobs(table, base)]
    _check_places(path, jobs)
    return tuple(jobs)


def _jobs(table: Table, base: Path) -> Iterator[Job]:
    for network in _networks(table):
        for task in table.values["tasks"]:
            try:
                yield _job(table, base, network, task)
            except RequestError as error:
                raise table.refuse(error) from error


def _networks(table: Table) -> list[str]:
    found: dict[str, None] = {}
    for pattern in table.values["networks"]:
        names = nets.names(pattern)
        if not names:
            raise table.refuse(
                f"no network matches {pattern!r} in 'networks': `slimhub list` shows all names"
            )
        found |= dict.fromkeys(names)
    return list(found)


def _job(table: Table, base: Path, network: str, task: str) -> Job:
    if task not in nets.TASKS:
        raise RequestError(f"'tasks' may be {' and '.join(nets.TASKS)}, not {task!r}")
    values: dict[str, Any] = {
        key: placeholders.fill(value, network, task) if key in _PATTERNS else value
        for key, value in table.values.items()
        if task == "classification" or key not in _OF_CLASSES
    }
    request = _request(base, network, task, values)
    if request.averages not in checkpoints.AVERAGES:
        raise RequestError(
            f"'averages' may be {', '.join(checkpoints.AVERAGES)}, not {request.averages!r}"
        )
    spec = request.spec()
    labels.choose(request.labels, task, spec)
    stated = values.get("memory_gb")
    needed = memory.estimate(spec, task, request.proof) if stated is None else int(stated * 1e9)
    name = os.path.relpath(request.output, base)
    return Job(name, table.name, request, needed, _publication(base, task, values))


def _request(base: Path, network: str, task: str, values: dict[str, Any]) -> Request:
    optional = (*_OPTIONAL, *NetworkOptions.names())
    given = {key: values[key] for key in optional if key in values}
    checkpoint = values["checkpoint"]
    if "://" not in checkpoint:
        checkpoint = _absolute(base, checkpoint)
    if "labels" in values:
        given["labels"] = _absolute(base, values["labels"])
    output = os.path.realpath(_absolute(base, values["output"]))
    return Request(network, checkpoint, output, task=task, **given)


def _absolute(base: Path, path: str) -> str:
    return str(base / Path(path).expanduser())


def _publication(base: Path, task: str, values: dict[str, Any]) -> Publication | None:
    if "publish" not in values:
        return None
    target = publisher.absolute(values["publish"], base)
    if "handle" not in values and publisher.hub(target):
        raise RequestError("'publish' needs a 'handle', such as NAME/imagenet/{network}/{task}/1")
    options = {key: values[key] for key in ("license", "dataset") if key in values}
    publication = Publication(target, values.get("handle"), values.get("url"), options)
    publisher.check(publication, task)
    return publication


def _check_places(path: Path, jobs: list[Job]) -> None:
    """Refuses exports that would be in each other's way.

    Raises:
      RequestError: names both.
    """
    outputs: dict[Path, Job] = {}
    handles: dict[tuple[str, str | None], Job] = {}
    for job in jobs:
        output = Path(job.request.output)
        if output in outputs:
            raise RequestError(_same(path, "output", job.name, outputs[output], job))
        outputs[output] = job
        if job.publication is not None:
            handle = (job.publication.target, job.publication.handle)
            if handle in handles:
                place = handle[1] or handle[0]
                raise RequestError(_same(path, "handle", place, handles[handle], job))
            handles[handle] = job
    _check_nested(path, outputs)
    _check_hubs(path, jobs)
    _check_inputs(path, outputs)


def _check_hubs(path: Path, jobs: list[Job]) -> None:
    found = (publisher.hub(job.publication.target) for job in jobs if job.publication)
    hubs = {hub for hub in found if hub is not None}
    for job in jobs:
        for hub in hubs:
            output = Path(job.request.output)
            if output.is_relative_to(hub) or hub.is_relative_to(output):
                raise RequestError(
                    f"{path}, [export.{job.table}]: the output {output} and the hub {hub} must be "
                    "apart: name another 'output' or 'publish'"
                )


def _check_nested(path: Path, outputs: dict[Path, Job]) -> None:
    for output, job in outputs.items():
        for parent in output.parents:
            if parent in outputs:
                raise RequestError(_same(path, "output", job.name, outputs[parent], job))


def _check_inputs(path: Path, outputs: dict[Path, Job]) -> None:
    for job in outputs.values():
        for text in (job.request.checkpoint, job.request.labels):
            if text is None or "://" in text:
                continue
            place = Path(os.path.realpath(text))
            holder = next((p for p in (place, *place.parents) if p in outputs), None)
            if holder is not None:
                raise RequestError(
                    f"{path}, [export.{job.table}]: {text} is in the output of "
                    f"[export.{outputs[holder].table}], which would be replaced: name another "
                    "output"
                )


def _same(path: Path, what: str, value: str, one: Job, other: Job) -> str:
    return (
        f"{path}: [export.{one.table}] ({one.request.network}, {one.request.task}) and "
        f"[export.{other.table}] ({other.request.network}, {other.request.task}) meet at the "
        f"{what} {value!r}: put {{network}} or {{task}} into it, or name another"
    )
