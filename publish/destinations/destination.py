"""What every destination does, and what is said about it beforehand.

Publishing goes the same way everywhere: `check` without the network, `plan` with questions that
change nothing, then `send`, and `confirm`, which compares what arrived. A dry run ends after the
plan, so that it lists what a real run would do.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar, Protocol

from slimhub.common.errors import option
from slimhub.common.files import FileDigest
from slimhub.export.record import Record

# Takes (what, bytes done, bytes in all or None) while something is sent.
Transfer = Callable[[str, int, "int | None"], None]


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


@dataclasses.dataclass(frozen=True)
class Change:
    """One remote change.

    Attributes:
      action: in the imperative, such as `create model`, `upload` or `set description`.
      name: of the file or thing it is done to.
      file: size and digest, where it is a file.
    """

    action: str
    name: str
    file: FileDigest | None = None


@dataclasses.dataclass(frozen=True)
class PublishPlan:
    """What would be done, in order.

    Attributes:
      changes: none where everything is there already.
      cards: texts that people will read there, by name.
      url: where it will be.
      load: Python that loads it from there.
      notes: sentences that people should read before.
    """

    changes: tuple[Change, ...]
    cards: dict[str, str]
    url: str
    load: str
    notes: tuple[str, ...] = ()


def kept(names: list[str]) -> tuple[str, ...]:
    """The note about texts that a new version does not change.

    Args:
      names: of the texts; no note for none.
    """
    if not names:
        return ()
    return (
        f"kept {', '.join(names)}, which may tell of another version: {option('overwrite_card')} "
        "replaces it",
    )


class Destination(Protocol):
    """One place to publish to, parsed from a target such as `hf://owner/name`.

    Attributes:
      options: the fields of `Package` that it heeds, of `handle`, `license`, `dataset`,
        `overwrite_card` and `url`; naming another one is refused.
    """

    options: ClassVar[frozenset[str]]

    def check(self, package: Package) -> None:
        """Refuses, without the network, what the place would refuse later.

        Raises:
          RequestError: for a target, a licence or a package that breaks its rules, for a missing
            extra, and for missing credentials.
        """

    def signature(self, package: Package) -> bytes | None:
        """The file `export.record.SIGNATURE` that is there, None where there is none.

        Signing the same files again gives another signature; one that is there and holds is kept,
        so that publishing them again changes nothing.

        Args:
          package: to be signed; without a signature.

        Raises:
          PublishError: where the place cannot be asked.
        """

    def plan(self, package: Package) -> PublishPlan:
        """Compares with what is there.

        Raises:
          PublishError: where the place cannot be asked, or has other bytes under a version that
            may not change.
        """

    def send(self, package: Package, plan: PublishPlan, transfer: Transfer) -> None:
        """Carries a plan out, in its order.

        Raises:
          PublishError: says what was sent and what to do.
        """

    def confirm(self, package: Package, plan: PublishPlan) -> None:
        """Compares digests of what is there with the package's, downloading where there are none.

        Raises:
          PublishError: names what differs.
        """
