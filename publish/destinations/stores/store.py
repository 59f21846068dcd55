"""Stores of files that fsspec knows: where they are read, and what they tell of their content."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from slimhub.common.errors import RequestError

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem
    from fsspec.callbacks import Callback

_PART = re.compile(r"[\w=~-][\w.=~-]*", re.ASCII)  # what a URL holds as it is


@dataclasses.dataclass(frozen=True)
class Store:
    """A place in a store, below which files are put.

    Attributes:
      root: as fsspec takes it: `BUCKET`, `BUCKET/PREFIX`, or the absolute path of a folder.
      scheme: what a target begins with.
      extra: of slimhub, that installs what the store needs.
      packages: which that is.
    """

    root: str
    scheme: ClassVar[str]
    extra: ClassVar[str]
    packages: ClassVar[tuple[str, ...]]

    def __str__(self) -> str:
        return f"{self.scheme}://{self.root}"

    def check(self) -> None:
        """Refuses to go on without credentials; asks nobody.

        Raises:
          RequestError: says where they are looked for.
        """

    def open(self) -> AbstractFileSystem:
        """A client that keeps nothing of what it saw."""
        raise NotImplementedError

    def vouches(self, found: dict[str, Any], local: Path) -> bool:
        """Whether the store's own digest of a file is that of a local one.

        Args:
          found: what the client tells of the file.
          local: of the same size.
        """
        return False

    def put(
        self,
        client: AbstractFileSystem,
        source: Path,
        path: str,
        kind: str,
        callback: Callback,
        *,
        is_new: bool,
    ) -> None:
        """Puts a file there; readers see none of it, or all.

        Args:
          client: of `open`.
          source: file.
          path: as fsspec takes it.
          kind: media type that browsers are told.
          callback: hears of the progress.
          is_new: whether a file that came there in the meantime stays, and is an error.
        """
        raise NotImplementedError

    def address(self) -> str | None:
        """URL that files below the root are read at, where the store is public; None for none."""
        return None

    def load(self, name: str, archive: str) -> str:
        """Python that loads a model.

        Args:
          name: of its folder, below the root.
          archive: URL of its archive.
        """
        return f'hub.KerasLayer("{archive}")'


def without_user(endpoint: str) -> str:
    """A URL without a name and password that it may hold, and without a `/` at its end.

    Args:
      endpoint: of a store.
    """
    return re.sub(r"//[^/@]*@", "//", endpoint).rstrip("/")


def check_parts(target: str, parts: list[str]) -> None:
    """Refuses a prefix that URLs, or other programs, would take for something else.

    Args:
      target: for the message.
      parts: of the prefix.

    Raises:
      RequestError: names the part.
    """
    for part in parts:
        if not _PART.fullmatch(part):
            raise RequestError(
                f"'{part}' cannot be a part of the target '{target}': write letters, digits, "
                "_, ., =, ~ and - only, none beginning with a dot, joined by one /"
            )
