"""`slimhub publish`: an artifact and its page on a hub, or where else models are kept."""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from slimhub.cli import flag_spelling, publish_output

if TYPE_CHECKING:
    from slimhub.publish.hub.hub_folder import HubItem, HubOutcome

_SCHEME = "hub:"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds this command's arguments."""
    parser.add_argument("artifact", metavar="ARTIFACT", help="folder of a SavedModel")
    parser.add_argument(
        "target",
        metavar="TARGET",
        help="hub:FOLDER, made if missing; kaggle://OWNER/MODEL/FRAMEWORK/VARIATION; "
        "hf://OWNER/NAME; s3://BUCKET/PREFIX; gs://BUCKET/PREFIX; file:///FOLDER",
    )
    parser.add_argument(
        "--handle",
        metavar="PUBLISHER/NAME/VERSION",
        help="what it is called there; local/NETWORK/TASK/1 by default",
    )
    parser.add_argument(
        "--url",
        help="address of the hub, for its pages; needs to be said once (http://localhost:8080). Of "
        "a bucket or folder: where it is read, if not at the store's own address",
    )
    parser.add_argument("--license", metavar="ID", help="licence that the page names")
    parser.add_argument("--dataset", metavar="ID", help="dataset that the page names")
    parser.add_argument(
        "--overwrite_card", action="store_true", help="replace a README that is there"
    )
    parser.add_argument(
        "--sign", metavar="KEY", help="sign with a private EC key: a PEM file without a password"
    )
    parser.add_argument(
        "--network",
        metavar="package.module:SPEC",
        help="of an artifact of a network of your own, for its proof",
    )
    parser.add_argument(
        "--dry_run", action="store_true", help="print what would be written, and write nothing"
    )
    parser.add_argument("--format", choices=("text", "json"), default="text")


def execute(arguments: argparse.Namespace) -> int:
    """Publishes, and says what is where."""
    if arguments.target.startswith(_SCHEME):
        return _to_hub(arguments)
    return _deliver(arguments)


def _to_hub(arguments: argparse.Namespace) -> int:
    from slimhub.common import extras
    from slimhub.common.errors import RequestError
    from slimhub.publish.hub import hub_folder

    extras.need("jinja2", "markdown_it", "pygments", "filelock")
    if arguments.target == _SCHEME:
        raise RequestError(f"the target '{arguments.target}' is not hub:FOLDER")
    for name in ("overwrite_card", "network"):
        if getattr(arguments, name):
            raise RequestError(f"--{name} has no meaning for {arguments.target}: leave it out")
    hub = Path(arguments.target.removeprefix(_SCHEME))
    named = {name: getattr(arguments, name) for name in ("license", "dataset")}
    options = {name: value for name, value in named.items() if value is not None}
    item = hub_folder.choose(arguments.artifact, arguments.handle, arguments.url, **options)
    with _signed(item, hub, arguments.sign) as signed:
        outcome = _preview(signed, hub) if arguments.dry_run else hub_folder.publish(signed, hub)
    if arguments.format == "json":
        print(hub_folder.describe(outcome))
    else:
        print("\n".join(publish_output.of_hub(outcome, hub, arguments.dry_run)))
    return 0


@contextlib.contextmanager
def _signed(item: HubItem, hub: Path, key: str | None) -> Iterator[HubItem]:
    """The item, or one of a signed copy; the signature that the hub has is kept if it holds."""
    from slimhub.export import record
    from slimhub.publish import signing
    from slimhub.publish.hub import hub_folder

    if key is None:
        yield item
        return
    signing.check_key(key)
    hub_folder.check_hub(hub, item.artifact)
    there = hub / str(item.handle) / record.SIGNATURE
    kept = there.read_bytes() if there.is_file() else None
    with signing.signed(item.artifact, key, kept) as folder:
        yield dataclasses.replace(item, artifact=folder)


def _preview(item: HubItem, hub: Path) -> HubOutcome:
    from slimhub.publish.hub import hub_folder

    with tempfile.TemporaryDirectory() as scratch:
        return hub_folder.preview(item, hub, Path(scratch))


def _deliver(arguments: argparse.Namespace) -> int:
    from slimhub.cli.progress_display import ProgressDisplay
    from slimhub.publish.destinations import delivery

    options = delivery.PublishOptions(
        handle=arguments.handle,
        license=arguments.license,
        dataset=arguments.dataset,
        overwrite_card=arguments.overwrite_card,
        url=arguments.url,
        sign=arguments.sign,
        network=arguments.network,
        dry_run=arguments.dry_run,
    )
    with ProgressDisplay(len(delivery.PHASES)) as progress:
        outcome = delivery.deliver(arguments.artifact, arguments.target, options, progress)
    notes = tuple(flag_spelling.in_flags(note, arguments) for note in outcome.plan.notes)
    outcome = dataclasses.replace(outcome, plan=dataclasses.replace(outcome.plan, notes=notes))
    if arguments.format == "json":
        print(json.dumps(outcome.to_json(), indent=2))
    else:
        print("\n".join(publish_output.of_delivery(outcome)))
    return 0
