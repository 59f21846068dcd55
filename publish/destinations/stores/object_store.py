"""Object stores and folders: the files of one model version in a static hub.

A version `PUBLISHER/NAME/VERSION` consists of the unpacked copy `…/`, the digest `….tar.gz.sha256`,
the archive `….tar.gz` and the page `….md` below the target's prefix, uploaded in that order.
Existing files of a version are never replaced, except its page.
"""

from __future__ import annotations

import functools
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from slimhub.common import extras, files
from slimhub.common.errors import PublishError, option
from slimhub.common.progress import Transfer
from slimhub.common.scratch import ScratchFolder
from slimhub.common.text import count
from slimhub.export import record
from slimhub.publish.destinations.destination import Change, PublishPlan, result_of
from slimhub.publish.destinations.stores import layout
from slimhub.publish.destinations.stores.gcs import Gcs
from slimhub.publish.destinations.stores.layout import Item
from slimhub.publish.destinations.stores.local_folder import Local
from slimhub.publish.destinations.stores.s3 import S3
from slimhub.publish.destinations.stores.store import Store
from slimhub.publish.destinations.stores.store_errors import (
    is_conflict,
    is_of_content,
    readable_errors,
)
from slimhub.publish.handle import Handle
from slimhub.publish.package import Package
from slimhub.publish.pages import page, statements

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem
    from fsspec.callbacks import Callback

_STORES: dict[str, type[S3 | Gcs | Local]] = {store.scheme: store for store in (S3, Gcs, Local)}
_BLOCK = 8 << 20  # bytes to read at once


class ObjectStore:
    """A prefix in a bucket, or a folder."""

    options: ClassVar[frozenset[str]] = frozenset({"handle", "license", "dataset", "texts", "url"})

    def __init__(self, store: Store) -> None:
        """Initializes; does not contact the store.

        Args:
          store: with the prefix.
        """
        self._store = store
        self._items: dict[str, Item] = {}

    def __str__(self) -> str:
        return str(self._store)

    @classmethod
    def parse(cls, target: str) -> ObjectStore:
        """Parses a target that starts with s3, gs or file.

        Raises:
          RequestError: if the bucket, prefix or path is invalid.
        """
        return cls(_STORES[target.partition(":")[0]].parse(target))

    def check_ids(self, license: str | None, dataset: str | None) -> None:
        """Refuses what a page cannot name, see `Destination`."""
        extras.need(*self._store.packages, extra=self._store.extra)
        page.check_ids(license, dataset)

    def check(self, package: Package) -> None:
        """Refuses what is invalid, see `Destination`."""
        self.check_ids(package.license, package.dataset)
        handle = Handle.for_record(package.record, package.handle)
        layout.page_of(package, handle, layout.addresses(package, self._store, handle))

    def check_credentials(self) -> None:
        """Refuses to go on without credentials, see `Destination`."""
        self._store.check()

    def signature(self, package: Package) -> bytes | None:
        """The existing signature, see `Destination`."""
        handle = Handle.for_record(package.record, package.handle)
        with readable_errors(self._store, "look for a signature"):
            try:
                path = self._path(f"{handle}/{record.SIGNATURE}")
                content: bytes = self._client.cat_file(path)
            except FileNotFoundError:
                return None
            return content

    def plan(self, package: Package, *, asks: bool = True) -> PublishPlan:
        """Compares with what is there, see `Destination`."""
        handle = Handle.for_record(package.record, package.handle)
        with readable_errors(self._store, "compare with what is there"):
            there = self._existing(handle) if asks else {}
            package = self._with_statements(package, handle, there)
        places = layout.addresses(package, self._store, handle)
        markdown = layout.page_of(package, handle, places)
        items = layout.lay_out(package, handle, markdown, Path(self._stage.name))
        self._items = {item.name: item for item in items}
        with readable_errors(self._store, "compare with what is there"):
            self._check_unchanged(handle, there)
            changes = [
                Change("replace" if item.name in there else "upload", item.name, item.file)
                for item in items
                if item.name not in there or not self._is_same(item, there[item.name])
            ]
        cards = {f"{handle}.md": markdown}
        result = result_of(changes, is_there={change.name for change in changes} <= cards.keys())
        return PublishPlan(tuple(changes), cards, places.page, places.load, result)

    def send(self, package: Package, plan: PublishPlan, transfer: Transfer) -> None:
        """Uploads files, see `Destination`."""
        for number, change in enumerate(plan.changes):
            item = self._items[change.name]
            then = (
                f"; {number} of {count(len(plan.changes), 'file')} uploaded: publish again to "
                "resume"
            )
            with readable_errors(self._store, f"send {item.name}", then):
                self._put(item, package, transfer)
            transfer(item.name, item.file.bytes, item.file.bytes)

    def confirm(self, package: Package, plan: PublishPlan) -> None:
        """Compares what is there with what was to be sent, see `Destination`."""
        handle = Handle.for_record(package.record, package.handle)
        with readable_errors(self._store, "compare what was sent", "; publish again to compare"):
            there = self._existing(handle)
            for item in self._items.values():
                if item.name not in there or not self._is_same(item, there[item.name]):
                    raise PublishError(
                        f"{item.name} at {self._store} is not what was sent: another program "
                        f"writes there, or the store is failing; remove {handle} there, and "
                        "publish again"
                    )

    def _put(self, item: Item, package: Package, transfer: Transfer) -> None:
        """Uploads a file; refuses if another one was created in the meantime, except for a page."""
        handle = Handle.for_record(package.record, package.handle)
        is_new = item.name != f"{handle}.md"
        path, callback = self._path(item.name), _callback(item, transfer)
        try:
            self._store.put(self._client, item.source, path, item.kind, callback, is_new=is_new)
        except Exception as error:
            if not is_conflict(error):
                raise
            # It may be ours, from a request whose response was lost.
            if not self._is_same(item, self._client.info(path)):
                raise PublishError(
                    f"somebody else publishes {handle} at {self._store}: {item.name} was "
                    "created there with other content, and stays; publish again, under another "
                    f"{option('handle')}"
                ) from error

    @functools.cached_property
    def _client(self) -> AbstractFileSystem:
        return self._store.open()

    @functools.cached_property
    def _stage(self) -> ScratchFolder:
        return ScratchFolder()

    def _path(self, name: str) -> str:
        return f"{self._store.root}/{name}"

    def _existing(self, handle: Handle) -> dict[str, dict[str, Any]]:
        """Files of all versions of the model, by name below the target."""
        found = self._client.find(self._path(handle.model), detail=True)
        start = len(self._path(""))
        return {path[start:]: told for path, told in found.items()}

    def _with_statements(
        self, package: Package, handle: Handle, there: dict[str, dict[str, Any]]
    ) -> Package:
        """A package that also says what the page of its version keeps."""
        name = f"{handle}.md"
        if name not in there:
            return package
        text = self._client.cat_file(self._path(name)).decode(errors="replace")
        return statements.over(package, statements.read(text, str(handle.version)))

    def _check_unchanged(self, handle: Handle, there: dict[str, dict[str, Any]]) -> None:
        """Refuses a version that has other files or other bytes there; only its page may differ."""
        of_version = re.compile(rf"{re.escape(str(handle))}(/.*|\.tar\.gz|\.tar\.gz\.sha256)")
        names = filter(of_version.fullmatch, there)
        # A file of the copy is more specific than the archive, which differs as well.
        for name in sorted(names, key=lambda name: (name.startswith(f"{handle}."), name)):
            item = self._items.get(name)
            if item is None or not self._is_same(item, there[name]):
                raise PublishError(
                    f"{handle} is published at {self._store} with other content ({name}), and "
                    "versions never change: publish it as "
                    f"{option('handle', _next(handle, there))}"
                )

    def _is_same(self, item: Item, told: dict[str, Any]) -> bool:
        """Whether a file there has the bytes of a local one; downloads it if necessary."""
        if int(told["size"]) != item.file.bytes:
            return False
        if self._store.vouches(told, item.source):
            return True
        try:
            return self._sha256(item.name) == item.file.sha256
        except Exception as error:
            if is_of_content(error):
                return False
            raise

    def _sha256(self, name: str) -> str:
        with self._client.open(self._path(name), "rb", block_size=_BLOCK) as file:
            return files.sha256_of_blocks(iter(lambda: file.read(_BLOCK), b""))


def _next(handle: Handle, there: dict[str, Any]) -> str:
    numbers = re.findall(rf"^{re.escape(handle.model)}/(\d+)[/.]", "\n".join(there), re.M)
    return f"{handle.model}/{max(map(int, numbers)) + 1}"


def _callback(item: Item, transfer: Transfer) -> Callback:
    """Forwards the progress that fsspec reports."""
    from fsspec.callbacks import Callback

    def report(size: int | None, value: int, **kwargs: object) -> None:
        if 0 < value < item.file.bytes:
            transfer(item.name, value, item.file.bytes)

    return Callback(hooks={"transfer": report})
