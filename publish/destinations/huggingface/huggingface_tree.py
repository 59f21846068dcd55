"""Files of a revision on Hugging Face, compared by the digests that it reports."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterator
from pathlib import Path

from slimhub.common import files, foreign_files
from slimhub.export import saved_model_files
from slimhub.publish.package import Package, is_format

_BLOCK = 1 << 20  # bytes to digest at a time


@dataclasses.dataclass(frozen=True)
class Entry:
    """An existing file.

    Attributes:
      size: in bytes.
      git: digest of its content as computed by git.
      sha256: of its content, if it is stored as a large file; `git` then belongs to a pointer.
    """

    size: int
    git: str
    sha256: str | None

    def is_text(self, text: str) -> bool:
        """Whether it holds a text."""
        if self.sha256:
            return self.sha256 == files.digest_text(text).sha256
        data = text.encode()
        return self.git == _git([data], len(data))

    def is_file(self, path: Path, size: int, sha256: str) -> bool:
        """Whether it has the content of a local file.

        Args:
          path: of the file.
          size: of it, in bytes.
          sha256: of its content.
        """
        if self.size != size:
            return False
        return self.sha256 == sha256 if self.sha256 else self.git == _git(_blocks(path), size)


Tree = dict[str, Entry]  # by path


def changed(tree: Tree, package: Package) -> list[str]:
    """Files of a package that are missing or differ.

    Args:
      tree: of a revision.
      package: to be published.
    """
    return [
        name
        for name, file in package.files.items()
        if name not in tree or not tree[name].is_file(package.path(name), file.bytes, file.sha256)
    ]


def stale(tree: Tree, package: Package) -> list[str]:
    """Files of a model that are there but not in a package: only these are deleted.

    Args:
      tree: of a revision.
      package: to be published.
    """
    return [
        name
        for name in tree
        if (saved_model_files.is_of_saved_model(name) or is_format(name))
        and name not in package.files
    ]


def _blocks(path: Path) -> Iterator[bytes]:
    with foreign_files.open_regular(path) as file:
        while block := file.read(_BLOCK):
            yield block


def _git(blocks: Iterator[bytes] | list[bytes], size: int) -> str:
    digest = hashlib.sha1(b"blob %d\0" % size, usedforsecurity=False)
    for block in blocks:
        digest.update(block)
    return digest.hexdigest()
