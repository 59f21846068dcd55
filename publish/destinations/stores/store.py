"""File stores supported by fsspec: where they are read, and what they report about files."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from slimhub.common.errors import RequestError

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem
    from fsspec.callbacks import Callback

_PART = re.compile(r"[\w=~-][\w.=~-]*", re.ASCII)  # what a URL contains unquoted


@dataclasses.dataclass(frozen=True)
class Store:
    """A place in a store for files.

    Attributes:
      root: in the form fsspec takes: `BUCKET`, `BUCKET/PREFIX`, or the absolute path of a folder.
      scheme: the start of a target.
      extra: the extra of slimhub that installs what the store needs.
      packages: the packages in that extra.
    """

    root: str
    scheme: ClassVar[str]
    extra: ClassVar[str]
    packages: ClassVar[tuple[str, ...]]

    def __str__(self) -> str:
        return f"{self.scheme}://{self.root}"

    def check(self) -> None:
        """Refuses to continue without credentials; does not contact any service.

        Raises:
          RequestError: says where to put them.
        """

    def open(self) -> AbstractFileSystem:
        """A client that does not cache anything."""
        raise NotImplementedError

    def vouches(self, found: dict[str, Any], local: Path) -> bool:
        """Whether the store's own digest of a file matches a local one.

        Args:
          found: what the client reports about the file.
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
        """Uploads a file; readers see none of it, or all.

        Args:
          client: from `open`.
          source: file.
          path: in the form fsspec takes.
          kind: media type for browsers.
          callback: receives the progress.
          is_new: whether to keep a file that was created there in the meantime, and raise an error.
        """
        raise NotImplementedError

    def address(self) -> str | None:
        """URL of the files below the root, if the store is public; None if there is none."""
        return None

    def load(self, name: str, archive: str) -> str:
        """Python code that loads a model.

        Args:
          name: of its folder, below the root.
          archive: URL of its archive.
        """
        return f'hub.KerasLayer("{archive}")'


def without_user(endpoint: str) -> str:
    """A URL without user name, password and trailing `/`.

    Args:
      endpoint: of a store.
    """
    return re.sub(r"//[^/@]*@", "//", endpoint).rstrip("/")


def check_parts(target: str, parts: list[str]) -> None:
    """Refuses a prefix that URLs or other programs would misinterpret.

    Args:
      target: for the message.
      parts: of the prefix.

    Raises:
      RequestError: names the part.
    """
    for part in parts:
        if not _PART.fullmatch(part):
            raise RequestError(
                f"'{part}' cannot be a part of the target '{target}': use only letters, digits, "
                "_, ., =, ~ and -, with parts that do not start with a dot, joined by one /"
            )
