"""What is published: an artifact, and what its page says beside the record."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from slimhub.common.files import FileDigest
from slimhub.export.record import Record


@dataclasses.dataclass(frozen=True)
class Package:
    """What is to be published.

    Attributes:
      folder: of a verified artifact; with its signature, if it was signed.
      record: of the artifact.
      files: everything in the folder, by relative path with `/`, sorted.
      handle: `PUBLISHER/NAME/VERSION` for its page, or None.
      license: SPDX-like id such as `apache-2.0`, or None.
      dataset: id of the data it was trained on, or None where it is not known.
      overwrite_card: whether a remote README may be replaced.
      url: address that what is under the target is read at, where it is not the store's own.
    """

    folder: Path
    record: Record
    files: dict[str, FileDigest]
    handle: str | None = None
    license: str | None = None
    dataset: str | None = None
    overwrite_card: bool = False
    url: str | None = None
