"""Turns a manifest into exports; everything that can be refused is refused here."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from slimhub import checkpoints, nets
from slimhub.common import paths
from slimhub.common.errors import RequestError
from slimhub.evaluate import PREPROCESSING, EvaluationRequest
from slimhub.evaluate.datasets import tfds_splits
from slimhub.export import labels
from slimhub.export.formats import companions
from slimhub.export.request import Request
from slimhub.nets import NetworkOptions
from slimhub.publish.pages import publisher_texts
from slimhub.publish.pages.publisher_texts import PublisherTexts
from slimhub.zoo import memory, placeholders, publisher
from slimhub.zoo.jobs import Job, Publication
from slimhub.zoo.manifest import Table

_PATTERNS = (
    *("checkpoint", "checkpoint_name", "labels", "output", "publish", "handle", "evaluate"),
    *publisher_texts.FILES,
)
_OPTIONAL = ("checkpoint_name", "sha256", "averages", "proof", "ignore_leftover", "scope")
_EVALUATION_KEYS = ("evaluate", "evaluate_split", "evaluate_preprocessing", "at_least")
# Of a feature vector in the same table they are ignored.
_CLASSIFICATION_KEYS = ("labels", "drop_background", *_EVALUATION_KEYS)


def plan(
    tables: Sequence[Table], path: Path, folder: Path | None, *, renews: bool
) -> tuple[Job, ...]:
    """Plans the exports of a manifest that was read; for the rest see `slimhub.zoo.plan`.

    Args:
      tables: of the manifest.
      path: of the manifest.
      folder: base of relative paths; the manifest's own folder for None.
      renews: whether to export again what another release of slimhub wrote.

    Returns:
      One job per export, in the order of the manifest.

    Raises:
      RequestError: says what is wrong, in which table of which file, and what to do.
    """
    base = Path(os.path.realpath(path.parent if folder is None else folder))
    jobs = [job for table in tables for job in _jobs(table, base)]
    _check_places(path, jobs)
    return tuple(dataclasses.replace(job, renews=renews) for job in jobs)


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
                f"no network matches {pattern!r} in 'networks': run `slimhub list` to see all names"
            )
        found |= dict.fromkeys(names)
    return list(found)


def _job(table: Table, base: Path, network: str, task: str) -> Job:
    if task not in nets.TASKS:
        raise RequestError(f"'tasks' must be {' or '.join(nets.TASKS)}, not {task!r}")
    values: dict[str, Any] = {
        key: placeholders.fill(value, network, task) if key in _PATTERNS else value
        for key, value in table.values.items()
        if task == "classification" or key not in _CLASSIFICATION_KEYS
    }
    request = _request(base, network, task, values)
    if request.averages not in checkpoints.AVERAGES:
        raise RequestError(
            f"'averages' must be one of {', '.join(checkpoints.AVERAGES)}, not {request.averages!r}"
        )
    spec = request.spec()
    labels.choose(request.labels, task, spec)
    stated = values.get("memory_gb")
    name = os.path.relpath(request.output, base)
    also = tuple(
        _absolute(base, placeholders.fill(text, network, task)) for text in values.get("also", ())
    )
    for path in also:
        companions.request(request.output, path, overwrite=True).check_format()
    needed = memory.estimate(spec, task, request.proof) if stated is None else int(stated * 1e9)
    if also and stated is None:
        needed = max(needed, memory.estimate_conversion(spec, task))
    publication = _publication(base, task, spec.name, values, also)
    evaluation = _evaluation(base, request.output, values)
    return Job(name, table.name, request, needed, publication, also, evaluation)


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


def _evaluation(base: Path, output: str, values: dict[str, Any]) -> EvaluationRequest | None:
    """How the artifact is evaluated.

    Raises:
      RequestError: if there is no data, or an option is invalid.
    """
    given = [key for key in _EVALUATION_KEYS if key in values]
    if "evaluate" not in values:
        if given:
            raise RequestError(f"{given[0]!r} needs 'evaluate', the data to measure accuracy on")
        return None
    data = values["evaluate"]
    request = EvaluationRequest(
        artifact=output,
        data=data if data.startswith(tfds_splits.SCHEME) else _absolute(base, data),
        split=values.get("evaluate_split", ""),
        preprocessing=values.get("evaluate_preprocessing", PREPROCESSING[0]),
        at_least=values.get("at_least"),
    )
    request.check_options()
    return request


def _absolute(base: Path, path: str) -> str:
    return str(base / paths.expanded(path))


def _publication(
    base: Path, task: str, network: str, values: dict[str, Any], also: tuple[str, ...]
) -> Publication | None:
    if "publish" not in values:
        return None
    target = publisher.absolute(values["publish"], base)
    if "handle" not in values and publisher.hub(target):
        raise RequestError("'publish' needs a 'handle', such as NAME/imagenet/{network}/{task}/1")
    options = {key: values[key] for key in ("license", "dataset") if key in values}
    publication = Publication(
        target, values.get("handle"), values.get("url"), options, _texts(base, values)
    )
    publisher.check(publication, task, network, also)
    return publication


def _texts(base: Path, values: dict[str, Any]) -> PublisherTexts | None:
    """The publisher's texts, read here: a worker may run where the files are not."""
    given = {name: values[name] for name in publisher_texts.NAMES if name in values}
    paths = [name for name in publisher_texts.FILES if given.get(name)]
    return PublisherTexts.from_options(given | {n: _absolute(base, given[n]) for n in paths})


def _check_places(path: Path, jobs: list[Job]) -> None:
    """Refuses exports that would interfere with each other.

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
    _check_files(path, jobs)
    _check_nested(path, outputs)
    _check_hubs(path, jobs)
    _check_inputs(path, outputs)


def _check_files(path: Path, jobs: list[Job]) -> None:
    """Refuses a file that two exports would write, or that would be inside of an artifact."""
    outputs = [Path(job.request.output) for job in jobs]
    writers: dict[str, Job] = {}
    for job in jobs:
        for text in job.also:
            file = os.path.realpath(text)
            if file in writers:
                raise RequestError(_same(path, "file in 'also'", text, writers[file], job))
            writers[file] = job
            if any(Path(file).is_relative_to(output) for output in outputs):
                raise RequestError(
                    f"{path}, [export.{job.table}]: {text} in 'also' is inside an output: choose "
                    "another folder"
                )


def _check_hubs(path: Path, jobs: list[Job]) -> None:
    found = (publisher.hub(job.publication.target) for job in jobs if job.publication)
    hubs = {hub for hub in found if hub is not None}
    for job in jobs:
        for hub in hubs:
            output = Path(job.request.output)
            if output.is_relative_to(hub) or hub.is_relative_to(output):
                raise RequestError(
                    f"{path}, [export.{job.table}]: the output {output} and the hub {hub} must "
                    "not contain each other: change 'output' or 'publish'"
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
                    f"{path}, [export.{job.table}]: {text} is inside the output of "
                    f"[export.{outputs[holder].table}], which would be replaced: choose another "
                    "output"
                )


def _same(path: Path, what: str, value: str, one: Job, other: Job) -> str:
    return (
        f"{path}: [export.{one.table}] ({one.request.network}, {one.request.task}) and "
        f"[export.{other.table}] ({other.request.network}, {other.request.task}) have the same "
        f"{what} {value!r}: put {{network}} or {{task}} in it, or choose another"
    )
