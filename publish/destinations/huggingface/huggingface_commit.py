"""A commit on Hugging Face: its content, and how far its files were read."""

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
      package: that the files belong to.
      files: of the package, to upload.
      texts: to write, by path.
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
    """Whether a revision is the result of a commit.

    Args:
      tree: of the revision.
      commit: that it may contain.
    """
    return (
        not huggingface_tree.changed(tree, commit.package)
        and all(name in tree and tree[name].is_text(text) for name, text in commit.texts.items())
        and not any(name in tree for name in commit.deleted)
    )


class CountedFile(io.BufferedReader):
    """A file that reports how far it was read."""

    def __init__(self, path: Path) -> None:
        super().__init__(io.FileIO(path))
        self._report: Callable[[int], None] | None = None

    def read(self, size: int | None = -1, /) -> bytes:
        """Reads, and reports it."""
        data = super().read(size)
        if self._report is not None:
            self._report(self.tell())
        return data

    @contextlib.contextmanager
    def reporting_to(self, report: Callable[[int], None]) -> Iterator[None]:
        """Reports reads from now on.

        Args:
          report: called with the bytes read so far.
        """
        self._report = report
        try:
            yield
        finally:
            self._report = None
