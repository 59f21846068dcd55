"""`slimhub bundle`: an artifact as one archive."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from slimhub.cli import flag_text


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds this command's arguments."""
    parser.add_argument("artifact", metavar="ARTIFACT", help="folder of a SavedModel")
    parser.add_argument(
        "--output", metavar="FILE", help="archive to write (default: ARTIFACT.tar.gz)"
    )
    parser.add_argument("--overwrite", action="store_true", help="replace an existing archive")
    flag_text.add_format(parser)


def execute(arguments: argparse.Namespace) -> int:
    """Writes the archive and its digest file, and says what they are."""
    from slimhub.common import paths
    from slimhub.common.errors import RequestError
    from slimhub.publish import bundle

    artifact = Path(arguments.artifact)
    absolute = paths.resolved(artifact)
    if not absolute.name:
        raise RequestError(f"{artifact} is not an artifact: pass the folder of a SavedModel")
    target = Path(arguments.output or absolute.with_name(absolute.name + bundle.SUFFIX))
    archive = bundle.write_with_digest(artifact, target, arguments.overwrite)
    if arguments.format == "json":
        found = {"path": str(archive.path), "sha256": archive.sha256, "bytes": archive.bytes}
        print(json.dumps(found, indent=2))
    else:
        print(f"archive     {archive.path}, {archive.bytes / 1e6:.1f} MB")
        print(f"sha256      {archive.sha256}")
        print(f"digest      {archive.path}.sha256, for `sha256sum --check`")
    return 0
