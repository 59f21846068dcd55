"""Object stores and folders: the files that a static hub has of one version of a model.

Below the target's prefix, of a version `PUBLISHER/NAME/VERSION`: the unpacked copy `…/`, the
digest `….tar.gz.sha256`, the archive `….tar.gz` and the page `….md`, put there in that order.
What is there of a version is never replaced, but for its page.
"""

from __future__ import annotations

import functools
import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from slimhub.common import extras, files
from slimhub.common.errors import PublishError, option
from slimhub.common.progress import Transfer
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
from slimhub.publish.pages import page

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem
    from fsspec.callbacks import Callback

_STORES: dict[str, type[S3 | Gcs | Local]] = {store.scheme: store for store in (S3, Gcs, Local)}
_BLOCK = 8 << 20  # bytes that are read at once


class ObjectStore:
    """A prefix in a bucket, or a folder."""

    options: ClassVar[frozenset[str]] = frozenset({"handle", "license", "dataset", "url"})

    def __init__(self, store: Store) -> None:
        """Asks nothing yet.

        Args:
          store: with the prefix.
        """
        self._store = store
        self._items: dict[str, Item] = {}

    def __str__(self) -> str:
        return str(self._store)

    @classmethod
    def parse(cls, target: str) -> ObjectStore:
        """Reads a target that begins with s3, gs or file.

        Raises:
          RequestError: for a bucket, prefix or path that cannot be.
        """
        return cls(_STORES[target.partition(":")[0]].parse(target))

    def check_ids(self, license: str | None, dataset: str | None) -> None:
        """Refuses what a page cannot name, see `Destination`."""
        extras.need(*self._store.packages, extra=self._store.extra)
        page.check_ids(license, dataset)

    def check(self, package: Package) -> None:
        """Refuses what cannot be, see `Destination`."""
        self.check_ids(package.license, package.dataset)
        self._store.check()
        handle = Handle.for_record(package.record, package.handle)
        layout.page_of(package, handle, layout.addresses(package, self._store, handle))

    def signature(self, package: Package) -> bytes | None:
        """The signature that is there, see `Destination`."""
        handle = Handle.for_record(package.record, package.handle)
        with readable_errors(self._store, "look for a signature"):
            try:
                path = self._path(f"{handle}/{record.SIGNATURE}")
                content: bytes = self._client.cat_file(path)
            except FileNotFoundError:
                return None
            return content

    def plan(self, package: Package) -> PublishPlan:
        """Compares with what is there, see `Destination`."""
        handle = Handle.for_record(package.record, package.handle)
        places = layout.addresses(package, self._store, handle)
        markdown = layout.page_of(package, handle, places)
        items = layout.lay_out(package, handle, markdown, Path(self._stage.name))
        self._items = {item.name: item for item in items}
        with readable_errors(self._store, "compare with what is there"):
            there = self._there(handle)
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
        """Puts files there, see `Destination`."""
        for number, change in enumerate(plan.changes):
            item = self._items[change.name]
            then = f"; {number} of {len(plan.changes)} files are there: publish again to go on"
            with readable_errors(self._store, f"send {item.name}", then):
                self._put(item, package, transfer)
            transfer(item.name, item.file.bytes, item.file.bytes)

    def confirm(self, package: Package, plan: PublishPlan) -> None:
        """Compares what is there with what was to be sent, see `Destination`."""
        handle = Handle.for_record(package.record, package.handle)
        with readable_errors(self._store, "compare what was sent", "; publish again to compare"):
            there = self._there(handle)
            for item in self._items.values():
                if item.name not in there or not self._is_same(item, there[item.name]):
                    raise PublishError(
                        f"{item.name} at {self._store} is not what was sent: somebody else writes "
                        f"there, or the store fails; remove {handle} there, and publish again"
                    )

    def _put(self, item: Item, package: Package, transfer: Transfer) -> None:
        """Puts a file there; all but a page is refused where another one came in the meantime."""
        handle = Handle.for_record(package.record, package.handle)
        is_new = item.name != f"{handle}.md"
        path, callback = self._path(item.name), _callback(item, transfer)
        try:
            self._store.put(self._client, item.source, path, item.kind, callback, is_new=is_new)
        except Exception as error:
            if not is_conflict(error):
                raise
            # It may be ours, of a request whose answer was lost.
            if not self._is_same(item, self._client.info(path)):
                raise PublishError(
                    f"somebody else publishes {handle} at {self._store}: {item.name} came there "
                    "with other content, and stays; publish again, under another "
                    f"{option('handle')}"
                ) from error

    @functools.cached_property
    def _client(self) -> AbstractFileSystem:
        return self._store.open()

    @functools.cached_property
    def _stage(self) -> tempfile.TemporaryDirectory[str]:
        return tempfile.TemporaryDirectory(prefix="slimhub-")

    def _path(self, name: str) -> str:
        return f"{self._store.root}/{name}"

    def _there(self, handle: Handle) -> dict[str, dict[str, Any]]:
        """Files of all versions of the model, by name below the target."""
        found = self._client.find(self._path(handle.model), detail=True)
        start = len(self._path(""))
        return {path[start:]: told for path, told in found.items()}

    def _check_unchanged(self, handle: Handle, there: dict[str, dict[str, Any]]) -> None:
        """Refuses a version that has other files there, or other bytes; its page may differ."""
        of_version = re.compile(rf"{re.escape(str(handle))}(/.*|\.tar\.gz|\.tar\.gz\.sha256)")
        names = filter(of_version.fullmatch, there)
        # A file of the copy tells more than the archive, which differs as well.
        for name in sorted(names, key=lambda name: (name.startswith(f"{handle}."), name)):
            item = self._items.get(name)
            if item is None or not self._is_same(item, there[name]):
                raise PublishError(
                    f"{handle} is published at {self._store} with other content ({name}), and a "
                    "version never changes: publish it as "
                    f"{option('handle', _next(handle, there))}"
                )

    def _is_same(self, item: Item, told: dict[str, Any]) -> bool:
        """Whether a file there has the bytes of one here; downloads it if the store cannot tell."""
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
    """Passes on the progress that fsspec reports."""
    from fsspec.callbacks import Callback

    def report(size: int | None, value: int, **kwargs: object) -> None:
        if 0 < value < item.file.bytes:
            transfer(item.name, value, item.file.bytes)

    return Callback(hooks={"transfer": report})
