"""The digest that binds figures to an artifact."""

from __future__ import annotations

from pathlib import Path

from slimhub.common import files
from slimhub.export.formats import origin


def of(artifact: Path) -> str:
    """Hex sha256 of an artifact.

    Args:
      artifact: a file, whose own digest it is; or the folder of a SavedModel, where it is that of
        the lines `<sha256>  <path>` of its files but for record and signature, so that figures
        survive a signature.

    Raises:
      OSError: if it cannot be read.
    """
    if artifact.is_dir():
        return str(origin.identify(artifact)["artifact_sha256"])
    return files.sha256_of(artifact)
