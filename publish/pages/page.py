"""The documentation page of an artifact, from its record."""

from __future__ import annotations

import re

from slimhub.common import extras
from slimhub.common.errors import PublishError, RequestError
from slimhub.export.record import Record
from slimhub.publish.handle import Handle
from slimhub.publish.pages import sections, template_values
from slimhub.publish.pages.checker import grammar, linter

LEGACY = "legacy"  # asset path of a page that says nothing of where its archive is


def render(
    record: Record,
    handle: Handle,
    *,
    asset_path: str = LEGACY,
    load_url: str | None = None,
    license: str | None = None,
    dataset: str | None = None,
) -> str:
    """The page as Markdown, in the grammar that `linter.check` accepts.

    Args:
      record: of the artifact.
      handle: what the artifact is called on the hub.
      asset_path: URL of its archive, or `legacy`.
      load_url: what the examples load; by default the asset path, or the handle's URL on tfhub.dev.
      license: the hub's id of the licence that the publisher gives.
      dataset: the hub's id of what the weights were trained on; by default that of the public
        checkpoint, where the artifact was made of it.

    Raises:
      RequestError: for an asset path, licence, data set or handle that cannot be, and without the
        package jinja2.
      PublishError: for a record that names an unknown network.
    """
    extras.need("jinja2")
    _check_request(record, handle, asset_path, license, dataset)
    url = load_url or (f"https://tfhub.dev/{handle}" if asset_path == LEGACY else asset_path)
    values = template_values.values(record, license=license, dataset=dataset) | {
        "handle": handle,
        "asset_path": asset_path,
        "url": url,
        "hub_task": template_values.TASKS[record.task],
        "sibling": _sibling(handle, record.task, url),
    }
    text = sections.render(values, sections.PAGE)
    if complaints := linter.check(text):
        first = complaints[0]
        raise PublishError(f"the page breaks the hub's grammar: line {first.line}: {first.message}")
    return text


def _check_request(
    record: Record,
    handle: Handle,
    asset_path: str,
    license: str | None,
    dataset: str | None,
) -> None:
    check_ids(license, dataset)
    # Of a new page the hub asks for more than of an old one.
    is_new = re.fullmatch(r"[^\s<>?#]+\.tar\.gz", asset_path)
    if asset_path != LEGACY and (not is_new or "://github.com/" in asset_path):
        raise RequestError(
            f"the asset path {asset_path!r} must be a URL that ends in .tar.gz, without a query, "
            "and not on github.com"
        )
    check_task(handle, record.task)


def check_ids(license: str | None, dataset: str | None) -> None:
    """Refuses ids that the hub does not know.

    Raises:
      RequestError: names the id.
    """
    kind = grammar.KINDS["Module"]
    for key, value in {"license": license, "dataset": dataset}.items():
        if value is not None and (message := grammar.complaint(kind, key, value)):
            raise RequestError(message)


def check_task(handle: Handle, task: str) -> None:
    """Refuses a handle that names another task.

    Raises:
      RequestError: says which.
    """
    other = next(one for one in template_values.TASKS if one != task)
    if other in handle.name.split("/"):
        raise RequestError(
            f"the handle {handle} is one for {other}, the artifact has the task {task}"
        )


def _sibling(handle: Handle, task: str, url: str) -> dict[str, str] | None:
    """The same network with the other output, where the handle is named by its task."""
    other = next(name for name in template_values.TASKS if name != task)
    parts = handle.model.split("/")
    if parts[-1] != task:
        return None
    model = "/".join([*parts[:-1], other])
    address = url.removesuffix(".tar.gz")
    hub = address.removesuffix(str(handle))
    return {"task": other, "model": model, "url": f"{hub}{model}" if hub != address else ""}
