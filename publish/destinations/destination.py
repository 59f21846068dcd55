"""What every destination does, and what is said about it beforehand.

Publishing goes the same way everywhere: `check` without the network, `plan` with questions that
change nothing, then `send`, and `confirm`, which compares what arrived. What is to be sent is
proved first. A dry run ends before `send`, so that it lists what a real run would do.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import ClassVar, Literal, Protocol

from slimhub.common.errors import option
from slimhub.common.files import FileDigest
from slimhub.common.progress import Transfer
from slimhub.publish.package import Package

# What becomes of a version: it is new; files of it that were damaged or gone are written again;
# it was there, and texts about it are replaced; it was there, and nothing changes.
VersionChange = Literal["new", "repaired", "page", "none"]


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
      result: what becomes of the version.
      notes: sentences that people should read before.
    """

    changes: tuple[Change, ...]
    cards: dict[str, str]
    url: str
    load: str
    result: VersionChange
    notes: tuple[str, ...] = ()


def result_of(changes: Sequence[Change], *, is_there: bool) -> VersionChange:
    """What becomes of a version where no file of it can be damaged.

    Args:
      changes: of the plan.
      is_there: whether all its files are there already.
    """
    if not changes:
        return "none"
    return "page" if is_there else "new"


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

    def check_ids(self, license: str | None, dataset: str | None) -> None:
        """Refuses, before there is an artifact, what the place would refuse of any.

        Args:
          license: see `Package`.
          dataset: see `Package`.

        Raises:
          RequestError: for a licence or dataset that the place cannot have, and a missing extra.
        """

    def check(self, package: Package) -> None:
        """Refuses, without the network, what the place would refuse later; calls `check_ids`.

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
        """Compares with what is there, and changes nothing there.

        Raises:
          PublishError: where the place cannot be asked, or has other bytes under a version that
            may not change.
        """

    def send(self, package: Package, plan: PublishPlan, transfer: Transfer) -> None:
        """Carries a plan out, in its order.

        Raises:
          PublishError: says what was sent and what to do.
          KeyboardInterrupt: with a message, where what was sent of the files is not there yet.
        """

    def confirm(self, package: Package, plan: PublishPlan) -> None:
        """Compares digests of what is there with the package's, downloading where there are none.

        Raises:
          PublishError: names what differs.
        """
