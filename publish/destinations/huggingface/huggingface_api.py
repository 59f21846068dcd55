"""Calls of Hugging Face, made through huggingface_hub."""

from __future__ import annotations

import contextlib
import functools
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from slimhub.common.errors import PublishError
from slimhub.common.progress import Transfer
from slimhub.publish.destinations import remote
from slimhub.publish.destinations.huggingface.huggingface_changes import README
from slimhub.publish.destinations.huggingface.huggingface_commit import Commit, CountedFile, holds
from slimhub.publish.destinations.huggingface.huggingface_tree import Entry, Tree
from slimhub.publish.destinations.remote import RefusedError, Remote

CREDENTIALS = "HF_TOKEN, or by `hf auth login`"
_LIBRARY = "huggingface_hub"
MAIN = "main"
_CONFLICT, _MOVED = 409, 412  # statuses: what is to be made is there; main is at another commit

Answer = TypeVar("Answer")


class HuggingFaceApi:
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
        self.endpoint = self._hub.endpoint
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

    def commit_of(self, revision: str) -> str:
        """What git calls the commit of a revision.

        Args:
          revision: tag or branch.
        """
        info = functools.partial(self._hub.model_info, revision=revision)
        # A repository has a commit from its creation on; other kinds of answer leave `sha` out.
        return self._ask(f"look for {revision}", info).sha or ""

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

    def check_card(self, text: str) -> None:
        """Has a README's metadata looked at, which changes nothing.

        Args:
          text: of the README.

        Raises:
          RefusedError: says what Hugging Face does not take.
        """
        from huggingface_hub.utils import build_hf_headers, get_session, hf_raise_for_status

        def call(repository: str) -> None:
            answer = get_session().post(
                f"{self.endpoint}/api/validate-yaml",
                json={"content": text, "repoType": "model"},
                headers=build_hf_headers(),
            )
            hf_raise_for_status(answer)

        self._ask(f"check {README}", call)

    def create(self) -> None:
        """Creates the repository."""
        self._ask("create the repository", functools.partial(self._hub.create_repo, exist_ok=True))

    def tag(self, tag: str, revision: str) -> None:
        """Names a commit.

        Args:
          tag: its name.
          revision: the commit.

        Raises:
          PublishError: where the tag names another commit.
        """
        create = functools.partial(self._hub.create_tag, tag=tag, revision=revision)
        try:
            self._ask(f"create the tag {tag}", create)
        except RefusedError as refused:
            if refused.status != _CONFLICT:
                raise
            # The answer may have been lost after the tag was made; else it is not ours.
            if self.commit_of(tag) != revision:
                raise self.changed(f"made {tag}") from refused

    def changed(self, what: str) -> PublishError:
        """Tells of others who publish at the same time.

        Args:
          what: they did.
        """
        return PublishError(
            f"somebody {what} of {self._repository} on Hugging Face meanwhile, which is left as it "
            "is: publish again to compare"
        )

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
                file = stack.enter_context(CountedFile(path))
                report = functools.partial(_report, transfer, name, size)
                operations.append(self._upload(name, file, report))
            texts = {name: text.encode() for name, text in commit.texts.items()}
            operations += [CommitOperationAdd(name, data) for name, data in texts.items()]
            operations += [CommitOperationDelete(name) for name in commit.deleted]
            made = self._make(commit, operations)
        # Small files came with the commit.
        sizes = {name: commit.package.files[name].bytes for name in commit.files}
        for name, size in (sizes | {name: len(data) for name, data in texts.items()}).items():
            transfer(name, size, size)
        return made

    def _make(self, commit: Commit, operations: list[Any]) -> str:
        make = functools.partial(
            self._hub.create_commit,
            operations=operations,
            commit_message=commit.message,
            parent_commit=commit.parent,
        )
        try:
            return self._ask("commit", make).oid
        except RefusedError as refused:
            if refused.status not in (_CONFLICT, _MOVED):
                raise
            # The answer may have been lost after the commit was made; else it is not ours.
            if not holds(self.tree(), commit):
                raise self.changed("changed main") from refused
            return self.commit_of(MAIN)

    def _upload(self, name: str, file: CountedFile, report: Callable[[int], None]) -> Any:
        """Sends a file, if it is a large one; small ones go with the commit."""
        from huggingface_hub import CommitOperationAdd

        def call(repository: str) -> Any:
            file.seek(0)
            addition = CommitOperationAdd(name, file)  # reads it, for its digest
            with file.reporting_to(report):
                self._hub.preupload_lfs_files(repository, [addition], free_memory=False)
            return addition

        return self._ask(f"upload {name}", call)

    def _ask(self, what: str, call: Callable[[str], Answer]) -> Answer:
        with remote.quiet(_LIBRARY):
            return self._remote.ask(what, functools.partial(call, self._repository))


def _report(transfer: Transfer, name: str, size: int, done: int) -> None:
    transfer(name, done, size)
