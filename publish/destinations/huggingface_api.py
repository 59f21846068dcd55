"""Calls of Hugging Face, made through huggingface_hub."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import io
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from publish.destinations import remote
from publish.destinations.destination import Package, Transfer
from publish.destinations.huggingface_tree import Entry, Tree
from publish.destinations.remote import RefusedError, Remote
from publish.destinations.stores import without_user
from publish.errors import PublishError

CREDENTIALS = "HF_TOKEN, or by `hf auth login`"
_LIBRARY = "huggingface_hub"
MAIN = "main"

Answer = TypeVar("Answer")


@dataclasses.dataclass(frozen=True)
class Commit:
    """What is committed at once.

    Attributes:
      package: that files are of.
      files: of the package, to be uploaded.
      texts: to be written, by path.
      deleted: paths.
      message: for people.
    """

    package: Package
    files: list[str]
    texts: dict[str, str]
    deleted: list[str]
    message: str


class Api:
    """Calls about one repository."""

    def __init__(self, repository: str, target: str) -> None:
        """Makes no call yet.

        Args:
          repository: `OWNER/NAME`.
          target: that a user named.
        """
        import httpx2
        import huggingface_hub

        # The library reads the endpoint when it is imported; here it is that of now.
        self._hub = huggingface_hub.HfApi(endpoint=os.environ.get("HF_ENDPOINT"))
        self.endpoint = without_user(self._hub.endpoint)  # as it is shown
        self._repository = repository
        self._remote = Remote(
            "Hugging Face",
            target,
            CREDENTIALS,
            (huggingface_hub.errors.HfHubHTTPError, RuntimeError, ValueError),
            (httpx2.TransportError, ConnectionError),
        )

    def tags(self) -> list[str] | None:
        """Names of tags; None where there is no such repository."""
        try:
            refs = self._ask("look for the repository", self._hub.list_repo_refs)
        except RefusedError as refused:
            if refused.status == 404:
                return None
            raise
        return [tag.name for tag in refs.tags]

    def tree(self, revision: str = MAIN) -> Tree:
        """Files of a revision.

        Args:
          revision: tag or branch.
        """

        def call(repository: str) -> list[Any]:
            found = self._hub.list_repo_tree(repository, recursive=True, revision=revision)
            return [entry for entry in found if hasattr(entry, "blob_id")]

        entries = self._ask(f"list the files of {revision}", call)
        return {
            entry.path: Entry(entry.size, entry.blob_id, entry.lfs.sha256 if entry.lfs else None)
            for entry in entries
        }

    def read(self, name: str, revision: str) -> bytes:
        """Content of a small file.

        Args:
          name: its path.
          revision: tag or branch.
        """

        def call(repository: str) -> bytes:
            with tempfile.TemporaryDirectory() as folder:
                path = self._hub.hf_hub_download(
                    repository, name, revision=revision, local_dir=folder
                )
                return Path(path).read_bytes()

        return self._ask(f"read {name}", call)

    def create(self) -> None:
        """Creates the repository."""
        self._ask("create the repository", functools.partial(self._hub.create_repo, exist_ok=True))

    def tag(self, tag: str, revision: str) -> None:
        """Names a revision.

        Args:
          tag: its name.
          revision: commit or branch.
        """
        create = functools.partial(self._hub.create_tag, tag=tag, revision=revision)
        try:
            self._ask(f"create the tag {tag}", create)
        except RefusedError as refused:
            if refused.status != 409:
                raise
            if self._commits()[tag] != self._commits().get(revision, revision):
                raise PublishError(
                    f"somebody else has made {tag} of {self._repository} on Hugging Face "
                    "meanwhile: publish again, as another version"
                ) from refused

    def _commits(self) -> dict[str, str]:
        """Commits by the names of tags and branches."""
        refs = self._ask("look for the tag", self._hub.list_repo_refs)
        return {ref.name: ref.target_commit for ref in (*refs.branches, *refs.tags)}

    def commit(self, commit: Commit, transfer: Transfer) -> str:
        """Uploads files; readers see all of the commit at its end, or nothing.

        Args:
          commit: what it is made of.
          transfer: is told of the uploads.

        Returns:
          What git calls the commit.
        """
        from huggingface_hub import CommitOperationAdd, CommitOperationDelete

        operations: list[Any] = []
        with contextlib.ExitStack() as stack:
            for name in commit.files:
                path, size = commit.package.folder / name, commit.package.files[name].bytes
                file = stack.enter_context(_CountedFile(path))
                report = functools.partial(_report, transfer, name, size)
                operations.append(self._upload(name, file, report))
                transfer(name, size, size)
            texts = {name: text.encode() for name, text in commit.texts.items()}
            operations += [CommitOperationAdd(name, data) for name, data in texts.items()]
            operations += [CommitOperationDelete(name) for name in commit.deleted]
            # Made twice it adds nothing: the second time, nothing differs.
            make = functools.partial(
                self._hub.create_commit, operations=operations, commit_message=commit.message
            )
            made = self._ask("commit", make)
        for name, data in texts.items():
            transfer(name, len(data), len(data))
        return made.oid

    def _upload(self, name: str, file: _CountedFile, report: Callable[[int], None]) -> Any:
        """Sends a file, if it is a large one; small ones go with the commit."""
        from huggingface_hub import CommitOperationAdd

        def call(repository: str) -> Any:
            file.seek(0)
            addition = CommitOperationAdd(name, file)  # reads it, for its digest
            with file.telling(report):
                self._hub.preupload_lfs_files(repository, [addition], free_memory=False)
            return addition

        return self._ask(f"upload {name}", call)

    def _ask(self, what: str, call: Callable[[str], Answer]) -> Answer:
        with remote.quiet(_LIBRARY):
            return self._remote.ask(what, functools.partial(call, self._repository))


def _report(transfer: Transfer, name: str, size: int, done: int) -> None:
    transfer(name, done, size)


class _CountedFile(io.BufferedReader):
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
    def telling(self, report: Callable[[int], None]) -> Iterator[None]:
        """Tells of what is read from now on.

        Args:
          report: is told the bytes so far.
        """
        self._report = report
        try:
            yield
        finally:
            self._report = None
