"""Which artifact a file was made from, as digests."""

from __future__ import annotations

import hashlib
from pathlib import Path

from slimhub.common import files
from slimhub.common.version import __version__
from slimhub.export import record
from slimhub.export.formats.inscription import KEY


def identify(artifact: Path) -> dict[str, str | None]:
    """The part of a file's provenance that says what it was made from.

    Args:
      artifact: folder of the artifact.

    Returns:
      The release of slimhub, sha256 of the lines `<sha256>  <path>` of the artifact's files but for
      record and signature, and sha256 of the record, None without one.
    """
    digests = record.digest_files(artifact)
    lines = "".join(f"{digest.sha256}  {name}\n" for name, digest in digests.items())
    own = artifact / record.PATH
    return {
        KEY: __version__,
        "artifact_sha256": hashlib.sha256(lines.encode()).hexdigest(),
        "record_sha256": files.sha256_of(own) if own.is_file() else None,
    }
