"""The documentation page of an artifact, from its record."""

from __future__ import annotations

import re
from collections.abc import Sequence

from slimhub import nets
from slimhub.common import extras
from slimhub.common.errors import PublishError, RequestError
from slimhub.export.record import Record
from slimhub.publish.handle import Handle
from slimhub.publish.pages import markdown, sections, template_values
from slimhub.publish.pages.checker import grammar, linter
from slimhub.publish.pages.measured_figures import Measured
from slimhub.publish.pages.publisher_texts import PublisherTexts

LEGACY = "legacy"  # asset path of a page that does not say where its archive is
PLACEHOLDER = "https://your-hub.example"  # leads nowhere; the page says what to replace it with


def render(
    record: Record,
    handle: Handle,
    *,
    asset_path: str = LEGACY,
    load_url: str | None = None,
    license: str | None = None,
    dataset: str | None = None,
    texts: PublisherTexts | None = None,
    class_names: Sequence[str] = (),
    measured: Measured = (),
) -> str:
    """The page as Markdown, in the grammar that `linter.check` accepts.

    Args:
      record: of the artifact.
      handle: what the artifact is called on the hub.
      asset_path: URL of its archive, or `legacy`.
      load_url: what the examples load; by default the asset path, or a URL below `PLACEHOLDER`.
      license: the hub's id of the license that the publisher gives.
      dataset: the hub's id of what the weights were trained on; by default that of the public
        checkpoint, where the artifact was made of it.
      texts: of the publisher.
      class_names: in the order of the logits, where there are few; see `class_names.read`.
      measured: figures of the artifact, see `measured_figures`.

    Raises:
      RequestError: for an asset path, license, data set, text or handle that cannot be, and without
        the package jinja2.
      PublishError: for a record that names an unknown network.
    """
    extras.need("jinja2")
    _check_request(record, handle, asset_path, license, dataset)
    known = load_url or (None if asset_path == LEGACY else asset_path)
    source = markdown.literal(known or f"{PLACEHOLDER}/{handle}")
    if texts is not None:
        texts.check()
    values = template_values.values(
        record,
        license=license,
        dataset=dataset,
        texts=texts,
        class_names=class_names,
        measured=measured,
    ) | {
        "handle": handle,
        "asset_path": asset_path,
        "load": None,
        "source": source,
        "folder": markdown.Markdown(f"hub.resolve({source})"),
        "is_placeholder": known is None,
        "hub_task": template_values.TASKS[record.task],
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
    check_handle(handle, record.task, record.network.name)


def check_ids(license: str | None, dataset: str | None) -> None:
    """Refuses ids that the hub does not know.

    Raises:
      RequestError: names the id.
    """
    kind = grammar.KINDS["Module"]
    for key, value in {"license": license, "dataset": dataset}.items():
        if value is not None and (message := grammar.complaint(kind, key, value)):
            raise RequestError(message)


def check_handle(handle: Handle, task: str, network: str | None = None) -> None:
    """Refuses a handle that names another task, or another registered network.

    Args:
      handle: of an artifact.
      task: of the artifact.
      network: its name; None where it is not known yet.

    Raises:
      RequestError: says which.
    """
    parts = handle.name.split("/")
    others = [name for name in nets.names() if name in parts and name != network]
    if network is not None and others:
        raise RequestError(
            f"the handle {handle} names the network {others[0]}, but the artifact is {network}: "
            "name that one, or neither"
        )
    other = next(one for one in template_values.TASKS if one != task)
    if other in parts:
        raise RequestError(
            f"the handle {handle} says {other}, but the task of the artifact is {task}"
        )
