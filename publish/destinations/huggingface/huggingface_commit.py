"""A commit on Hugging Face: what it is made of, and how far its files were read."""

from __future__ import annotations

import contextlib
import dataclasses
import io
from collections.abc import Callable, Iterator
from pathlib import Path

from slimhub.publish.destinations.huggingface import huggingface_tree
from slimhub.publish.destinations.huggingface.huggingface_tree import Tree
from slimhub.publish.package import Package


@dataclasses.dataclass(frozen=True)
class Commit:
    """What is committed at once.

    Attributes:
      package: that files are of.
      files: of the package, to be uploaded.
      texts: to be written, by path.
      deleted: paths.
      message: for people.
      parent: commit that it must follow; after another one, files of others might be lost.
    """

    package: Package
    files: list[str]
    texts: dict[str, str]
    deleted: list[str]
    message: str
    parent: str


def holds(tree: Tree, commit: Commit) -> bool:
    """Whether a revision is what a commit makes of it.

    Args:
      tree: of the revision.
      commit: that may be in it.
    """
    return (
        not huggingface_tree.changed(tree, commit.package)
        and all(name in tree and tree[name].is_text(text) for name, text in commit.texts.items())
        and not any(name in tree for name in commit.deleted)
    )


class CountedFile(io.BufferedReader):
    """A file that tells how far it was read."""

    def __init__(self, path: Path) -> None:
        super().__init__(io.FileIO(path))
        self._report: Callable[[int], None] | None = None

    def read(self, size: int | None = -1, /) -> bytes:
        """Reads, and tells of it."""
        data = super().read(size)
        if self._report is not None:
            self._report(self.tell())
        return data

    @contextlib.contextmanager
    def reporting_to(self, report: Callable[[int], None]) -> Iterator[None]:
        """Tells of what is read from now on.

        Args:
          report: is told the bytes so far.
        """
        self._report = report
        try:
            yield
        finally:
            self._report = None
