"""Google Cloud Storage."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import logging
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from slimhub.common import foreign_files
from slimhub.common.errors import RequestError
from slimhub.publish.destinations import remote
from slimhub.publish.destinations.stores.store import Store, check_parts, without_user

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem
    from fsspec.callbacks import Callback

_BUCKET = re.compile(r"[a-z\d][a-z\d._-]{1,220}[a-z\d]", re.ASCII)
_SCOPE = "https://www.googleapis.com/auth/devstorage.read_write"
_PART_BYTES = 8 << 20  # must be a multiple of 256 KiB
_MACHINE = Path("/sys/class/dmi/id/product_name")


class Gcs(Store):
    """`gs://BUCKET/PREFIX`."""

    scheme, extra = "gs", "gcs"
    packages = ("gcsfs", "jinja2")

    @classmethod
    def parse(cls, target: str) -> Gcs:
        """Parses a target.

        Raises:
          RequestError: if the bucket or prefix is invalid.
        """
        root = target.removeprefix("gs://").rstrip("/")
        bucket, *parts = root.split("/")
        if not target.startswith("gs://") or not _BUCKET.fullmatch(bucket):
            raise RequestError(
                f"the bucket '{bucket}' in '{target}' must have 3 to 222 lowercase letters, "
                "digits, -, _ and ."
            )
        check_parts(target, parts)
        return cls(root)

    def check(self) -> None:
        """Looks for credentials where Google's client does, but does not contact any service."""
        self._credentials()

    def _credentials(self) -> Any:
        import google.auth
        import google.auth.exceptions

        try:
            with _without_metadata_server(), remote.quiet("google.auth"):
                return google.auth.default(scopes=[_SCOPE])[0]
        except google.auth.exceptions.DefaultCredentialsError as error:
            raise RequestError(
                f"no credentials for {self}: run `gcloud auth application-default login`, or "
                "set GOOGLE_APPLICATION_CREDENTIALS to the key file of a service account"
            ) from error

    def open(self) -> AbstractFileSystem:
        """A client for the JSON protocol only: other kinds of buckets have another class."""
        from gcsfs.core import GCSFileSystem

        # It logs what it raises, with a traceback.
        logging.getLogger("gcsfs").setLevel(logging.CRITICAL)
        return GCSFileSystem(
            token=self._credentials(), skip_instance_cache=True, use_listings_cache=False
        )

    def vouches(self, found: dict[str, Any], local: Path) -> bool:
        """Compares MD5; composed objects have none."""
        digest = hashlib.md5(usedforsecurity=False)
        with foreign_files.open_regular(local) as file:
            while block := file.read(_PART_BYTES):
                digest.update(block)
        return found.get("md5Hash") == base64.b64encode(digest.digest()).decode()

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
        """Uploads an object."""
        client.put_file(
            str(source),
            path,
            callback=callback,
            chunksize=_PART_BYTES,
            mode="create" if is_new else "overwrite",
            content_type=kind,
        )

    def address(self) -> str:
        """URL of the root."""
        endpoint = os.environ.get("STORAGE_EMULATOR_HOST") or "https://storage.googleapis.com"
        return f"{without_user(endpoint)}/{self.root}"

    def load(self, name: str, archive: str) -> str:
        """By its folder with the reader's credentials, which TensorFlow finds, or by its URL."""
        return (
            f'hub.KerasLayer("gs://{self.root}/{name}")  # with credentials\n'
            f'hub.KerasLayer("{archive}")  # where it is public'
        )


@contextlib.contextmanager
def _without_metadata_server() -> Iterator[None]:
    """Keeps Google's client from contacting an address that only exists on Google's machines."""
    before = os.environ.get("NO_GCE_CHECK")
    if not _is_on_google():
        os.environ["NO_GCE_CHECK"] = "true"
    try:
        yield
    finally:
        if before is None:
            os.environ.pop("NO_GCE_CHECK", None)
        else:
            os.environ["NO_GCE_CHECK"] = before


def _is_on_google() -> bool:
    if "GCE_METADATA_HOST" in os.environ:
        return True
    with contextlib.suppress(OSError):
        return foreign_files.read_text(_MACHINE).startswith("Google")
    return False
