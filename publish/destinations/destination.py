"""What every destination does, and what is reported about it in advance.

Every destination publishes in the same steps: `check` works offline, `plan` asks without changing
anything, `send` uploads, and `confirm` compares what arrived. What is sent is proved first. A dry
run stops before `send`, so it lists what a real run would do.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import ClassVar, Literal, Protocol

from slimhub.common.errors import option
from slimhub.common.files import FileDigest
from slimhub.common.progress import Transfer
from slimhub.publish.package import Package
from slimhub.publish.pages import statements

# What happens to a version: it is new; damaged or missing files of it are restored; it was there,
# and texts about it are replaced; it was there, and nothing changes.
VersionChange = Literal["new", "repaired", "page", "none"]


@dataclasses.dataclass(frozen=True)
class Change:
    """One remote change.

    Attributes:
      action: in the imperative, such as `create model`, `upload` or `set description`.
      name: of the file or object that changes.
      file: size and digest, for a file.
    """

    action: str
    name: str
    file: FileDigest | None = None


@dataclasses.dataclass(frozen=True)
class PublishPlan:
    """What would be done, in order.

    Attributes:
      changes: empty if everything is already there.
      cards: texts that people will read there, by name.
      url: its future address.
      load: Python code that loads it from there.
      result: what happens to the version.
      notes: sentences that people should read first.
    """

    changes: tuple[Change, ...]
    cards: dict[str, str]
    url: str
    load: str
    result: VersionChange
    notes: tuple[str, ...] = ()


def result_of(changes: Sequence[Change], *, is_there: bool) -> VersionChange:
    """What happens to a version at a place where files cannot be damaged.

    Args:
      changes: of the plan.
      is_there: whether all its files are already there.
    """
    if not changes:
        return "none"
    return "page" if is_there else "new"


def kept(names: list[str]) -> tuple[str, ...]:
    """The note about texts that a new version does not change.

    Args:
      names: of the texts; no note if empty.
    """
    if not names:
        return ()
    return (
        f"kept {', '.join(names)}, which may describe another version: pass "
        f"{option('overwrite_card')} to replace it",
    )


def not_carried(said: Mapping[str, str], package: Package) -> tuple[str, ...]:
    """The note about what was said of another version only; none if nothing is missing now.

    Args:
      said: of the version that the texts there are about, by the names of options.
      package: that takes its place.
    """
    missing = sorted(said.keys() - statements.of(package).keys())
    if not missing:
        return ()
    named = ", ".join(option(name) for name in missing)
    return (f"{named} of the earlier version are not carried over: pass what is true of this one",)


class Destination(Protocol):
    """A place to publish to, parsed from a target such as `hf://owner/name`.

    Attributes:
      options: the fields of `Package` that it uses, out of `handle`, `license`, `dataset`, `texts`,
        `overwrite_card` and `url`; the others are refused.
    """

    options: ClassVar[frozenset[str]]

    def check_ids(self, license: str | None, dataset: str | None) -> None:
        """Refuses, before there is an artifact, what the place would refuse for any artifact.

        Args:
          license: see `Package`.
          dataset: see `Package`.

        Raises:
          RequestError: if the place does not have the license or dataset, or an extra is missing.
        """

    def check(self, package: Package) -> None:
        """Refuses, offline, what the place would refuse later; calls `check_ids`.

        Raises:
          RequestError: if a target, license or package breaks its rules, or an extra is missing.
        """

    def check_credentials(self) -> None:
        """Refuses to go on without credentials, without contacting anyone.

        Raises:
          RequestError: says which credentials are needed, and where they are looked for.
        """

    def signature(self, package: Package) -> bytes | None:
        """The existing file `export.record.SIGNATURE`, or None.

        Signing the same files again gives another signature. A valid existing one is kept, so that
        publishing again changes nothing.

        Args:
          package: to be signed; without a signature.

        Raises:
          PublishError: if the place cannot be reached.
        """

    def plan(self, package: Package, *, asks: bool = True) -> PublishPlan:
        """Compares with what is there, without changing anything.

        Args:
          package: to be published.
          asks: whether a remote place is contacted; if not, the plan is that of a first version.

        Raises:
          PublishError: if the place cannot be reached, or has other bytes under a version that must
            not change.
        """

    def send(self, package: Package, plan: PublishPlan, transfer: Transfer) -> None:
        """Carries out a plan, in order.

        Raises:
          PublishError: says what was sent and what to do.
          KeyboardInterrupt: with a message, if the files that were sent are not visible there yet.
        """

    def confirm(self, package: Package, plan: PublishPlan) -> None:
        """Compares digests of what is there with the package's, downloading files without digests.

        Raises:
          PublishError: names what differs.
        """
