"""`slimhub publish`: an artifact and its page on a hub."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from publish.publishing import Item, Outcome

NAME = "publish"
SUMMARY = "Publishes an artifact, with its page, to a hub."
_SCHEME = "hub:"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds this command's arguments."""
    parser.add_argument("artifact", metavar="ARTIFACT", help="folder of a SavedModel")
    parser.add_argument("target", metavar="hub:FOLDER", help="hub to publish to; made if missing")
    parser.add_argument(
        "--handle",
        metavar="PUBLISHER/NAME/VERSION",
        help="what it is called there; local/NETWORK/TASK/1 by default",
    )
    parser.add_argument(
        "--url",
        help="address of the hub, for its pages; needs to be said once (http://localhost:8080)",
    )
    parser.add_argument("--license", metavar="ID", help="licence that the page names")
    parser.add_argument("--dataset", metavar="ID", help="dataset that the page names")
    parser.add_argument(
        "--dry_run", action="store_true", help="print what would be written, and write nothing"
    )
    parser.add_argument("--format", choices=("text", "json"), default="text")


def execute(arguments: argparse.Namespace) -> int:
    """Publishes, and says what is where."""
    from export.errors import RequestError
    from publish import extras, publishing

    extras.need("jinja2", "markdown_it", "pygments", "filelock")
    if not arguments.target.startswith(_SCHEME) or arguments.target == _SCHEME:
        raise RequestError(f"the target '{arguments.target}' is not hub:FOLDER")
    hub = Path(arguments.target.removeprefix(_SCHEME))
    named = {name: getattr(arguments, name) for name in ("license", "dataset")}
    options = {name: value for name, value in named.items() if value is not None}
    item = publishing.choose(arguments.artifact, arguments.handle, arguments.url, **options)
    outcome = _preview(item, hub) if arguments.dry_run else publishing.publish(item, hub)
    if arguments.format == "json":
        print(publishing.describe(outcome))
    else:
        print("\n".join(_lines(outcome, hub, arguments.dry_run)))
    return 0


def _preview(item: Item, hub: Path) -> Outcome:
    from publish import publishing

    with tempfile.TemporaryDirectory() as scratch:
        return publishing.preview(item, hub, Path(scratch))


def _lines(outcome: Outcome, hub: Path, is_preview: bool) -> list[str]:
    what = {
        "new": "would be published" if is_preview else "published",
        "page": "is there; its page would be replaced" if is_preview else "page replaced",
        "none": "is there already, nothing changed",
    }[outcome.change]
    size = f"{outcome.archive['bytes'] / 1e6:.1f} MB"
    return [
        f"model       {outcome.handle}: {what}",
        f"archive     {size}, sha256 {outcome.archive['sha256']}",
        *(f"{'would write' if is_preview else 'wrote':11s} {name}" for name in outcome.files),
        f"serve it    slimhub serve {hub}",
        f"load it     hub.KerasLayer('{outcome.load_url}')",
    ]
