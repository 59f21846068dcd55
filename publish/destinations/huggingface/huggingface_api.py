"""Calls to Hugging Face through huggingface_hub."""

from __future__ import annotations

import contextlib
import functools
import os
from collections.abc import Callable
from typing import Any, TypeVar

from slimhub.common import foreign_files
from slimhub.common.errors import PublishError
from slimhub.common.progress import Transfer
from slimhub.common.scratch import ScratchFolder
from slimhub.publish.destinations import remote
from slimhub.publish.destinations.huggingface.huggingface_changes import README
from slimhub.publish.destinations.huggingface.huggingface_commit import Commit, CountedFile, holds
from slimhub.publish.destinations.huggingface.huggingface_tree import Entry, Tree
from slimhub.publish.destinations.remote import RefusedError, Remote

CREDENTIALS = "HF_TOKEN, or by `hf auth login`"
_LIBRARY = "huggingface_hub"
MAIN = "main"
_CONFLICT, _MOVED = 409, 412  # statuses: the object already exists; main is at another commit

Answer = TypeVar("Answer")


class HuggingFaceApi:
    """Calls about one repository."""

    def __init__(self, repository: str, target: str) -> None:
        """Initializes; does not contact the server.

        Args:
          repository: `OWNER/NAME`.
          target: as named by the user.
        """
        import httpx2
        import huggingface_hub

        # The library reads the endpoint at import; this is the current one.
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
        """Names of tags; None if there is no such repository."""
        try:
            refs = self._call("look for the repository", self._hub.list_repo_refs)
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

        entries = self._call(f"list the files of {revision}", call)
        return {
            entry.path: Entry(entry.size, entry.blob_id, entry.lfs.sha256 if entry.lfs else None)
            for entry in entries
        }

    def commit_of(self, revision: str) -> str:
        """The id of a revision's commit.

        Args:
          revision: tag or branch.
        """
        info = functools.partial(self._hub.model_info, revision=revision)
        # Every repository has a commit; other kinds of responses leave `sha` out.
        return self._call(f"look for {revision}", info).sha or ""

    def read(self, name: str, revision: str) -> bytes:
        """Content of a small file.

        Args:
          name: its path.
          revision: tag or branch.
        """

        def call(repository: str) -> bytes:
            with ScratchFolder() as folder:
                path = self._hub.hf_hub_download(
                    repository, name, revision=revision, local_dir=folder
                )
                return foreign_files.read(path)

        return self._call(f"read {name}", call)

    def check_card(self, text: str) -> None:
        """Has a README's metadata validated, without changing anything.

        Args:
          text: of the README.

        Raises:
          RefusedError: says what Hugging Face does not accept.
        """
        from huggingface_hub.utils import build_hf_headers, get_session, hf_raise_for_status

        def call(repository: str) -> None:
            answer = get_session().post(
                f"{self.endpoint}/api/validate-yaml",
                json={"content": text, "repoType": "model"},
                headers=build_hf_headers(),
            )
            hf_raise_for_status(answer)

        self._call(f"check {README}", call)

    def create(self) -> None:
        """Creates the repository."""
        self._call("create the repository", functools.partial(self._hub.create_repo, exist_ok=True))

    def tag(self, tag: str, revision: str) -> None:
        """Tags a commit.

        Args:
          tag: its name.
          revision: the commit.

        Raises:
          PublishError: if the tag names another commit.
        """
        create = functools.partial(self._hub.create_tag, tag=tag, revision=revision)
        try:
            self._call(f"create the tag {tag}", create)
        except RefusedError as refused:
            if refused.status != _CONFLICT:
                raise
            # The response may have been lost after the tag was created; otherwise it is not ours.
            if self.commit_of(tag) != revision:
                raise self.changed(f"made {tag}") from refused

    def changed(self, what: str) -> PublishError:
        """Reports that someone else publishes at the same time.

        Args:
          what: what they did.
        """
        return PublishError(
            f"somebody {what} of {self._repository} on Hugging Face in the meantime, which is "
            "left unchanged: publish again to compare"
        )

    def commit(self, commit: Commit, transfer: Transfer) -> str:
        """Uploads files; readers see the whole commit at its end, or nothing.

        Args:
          commit: its content.
          transfer: progress callback.

        Returns:
          The commit's id.
        """
        from huggingface_hub import CommitOperationAdd, CommitOperationDelete

        operations: list[Any] = []
        with contextlib.ExitStack() as stack:
            for name in commit.files:
                path, size = commit.package.path(name), commit.package.files[name].bytes
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
            return self._call("commit", make).oid
        except RefusedError as refused:
            if refused.status not in (_CONFLICT, _MOVED):
                raise
            # The response may have been lost after the commit was created; otherwise it is not
            # ours.
            if not holds(self.tree(), commit):
                raise self.changed("changed main") from refused
            return self.commit_of(MAIN)

    def _upload(self, name: str, file: CountedFile, report: Callable[[int], None]) -> Any:
        """Uploads a file if it is large; small ones are part of the commit."""
        from huggingface_hub import CommitOperationAdd

        def call(repository: str) -> Any:
            file.seek(0)
            addition = CommitOperationAdd(name, file)  # reads it, for its digest
            with file.reporting_to(report):
                self._hub.preupload_lfs_files(repository, [addition], free_memory=False)
            return addition

        return self._call(f"upload {name}", call)

    def _call(self, what: str, call: Callable[[str], Answer]) -> Answer:
        with remote.quiet(_LIBRARY):
            return self._remote.ask(what, functools.partial(call, self._repository))


def _report(transfer: Transfer, name: str, size: int, done: int) -> None:
    transfer(name, done, size)
