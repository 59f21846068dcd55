"""`slimhub unpublish`: withdraws a version from a hub in a folder."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from slimhub.cli import flag_text


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds this command's arguments."""
    parser.add_argument("hub", metavar="HUB", help="folder that `slimhub publish` writes")
    parser.add_argument(
        "handle", metavar="HANDLE", help="version to withdraw: PUBLISHER/NAME/VERSION"
    )
    parser.add_argument("--reason", metavar="TEXT", help="why, for the page of the version")
    flag_text.add_format(parser)


def execute(arguments: argparse.Namespace) -> int:
    """Withdraws a version, and says what is left of it."""
    from slimhub.common import extras
    from slimhub.publish import Handle
    from slimhub.publish.hub import withdrawal

    extras.need("jinja2", "markdown_it", "pygments", "filelock")
    handle = Handle.parse(arguments.handle)
    hub = Path(arguments.hub.removeprefix("hub:"))
    was_published = withdrawal.withdraw(hub, handle, arguments.reason)
    if arguments.format == "json":
        print(json.dumps({"handle": str(handle), "was_published": was_published}, indent=2))
    else:
        done = "withdrawn" if was_published else "withdrawn already:"
        print(f"{done} {handle}; its page says so, and its number is never used again")
    return 0
