"""Amazon S3, and services with the same protocol."""

from __future__ import annotations

import contextlib
import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from slimhub.common import foreign_files
from slimhub.common.errors import RequestError
from slimhub.publish.destinations.stores import botocore_internals
from slimhub.publish.destinations.stores.store import Store, check_parts, without_user

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem
    from fsspec.callbacks import Callback

_BUCKET = re.compile(r"[a-z\d][a-z\d.-]{1,61}[a-z\d]", re.ASCII)
_PART_BYTES = 8 << 20  # S3 accepts 5 MiB to 5 GiB; an interrupted part is sent again
_VENDOR = Path("/sys/class/dmi/id/sys_vendor")


class S3(Store):
    """`s3://BUCKET/PREFIX`."""

    scheme, extra = "s3", "s3"
    packages = ("s3fs", "jinja2")

    @classmethod
    def parse(cls, target: str) -> S3:
        """Parses a target.

        Raises:
          RequestError: if the bucket or prefix is invalid.
        """
        root = target.removeprefix("s3://").rstrip("/")
        bucket, *parts = root.split("/")
        if not target.startswith("s3://") or not _BUCKET.fullmatch(bucket):
            raise RequestError(
                f"the bucket '{bucket}' in '{target}' must have 3 to 63 lowercase letters, "
                "digits, - and ."
            )
        check_parts(target, parts)
        return cls(root)

    def check(self) -> None:
        """Looks for credentials where Amazon's client does, but does not contact any service."""
        import botocore.session

        session = botocore.session.get_session()
        with self._readable_settings():
            if not _is_on_amazon():
                botocore_internals.skip_machine_role(session)
            found = session.get_credentials()
        if found is None:
            raise RequestError(
                f"no credentials for {self}: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, "
                "or AWS_PROFILE, or run `aws configure`"
            )

    @contextlib.contextmanager
    def _readable_settings(self) -> Iterator[None]:
        """Explains what Amazon's client cannot read in its settings."""
        import botocore.exceptions

        try:
            yield
        except botocore.exceptions.BotoCoreError as error:
            raise RequestError(
                f"cannot read the credentials for {self}: {type(error).__name__}; fix "
                "~/.aws/config, ~/.aws/credentials or the variables AWS_…"
            ) from error

    def open(self) -> AbstractFileSystem:
        """A client."""
        import s3fs

        return s3fs.S3FileSystem(skip_instance_cache=True, use_listings_cache=False)

    def vouches(self, found: dict[str, Any], local: Path) -> bool:
        """Compares ETags: most objects have their MD5, multipart uploads an MD5 of MD5s."""
        return found.get("ETag", "").strip('"') in _etags(local)

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
            ContentType=kind,
        )

    def address(self) -> str:
        """URL of the root."""
        import botocore.session

        bucket, _, prefix = self.root.partition("/")
        with self._readable_settings():
            client = botocore.session.get_session().create_client("s3")
        endpoint = without_user(client.meta.endpoint_url)
        # Certificates do not cover hosts with dots in the bucket name; the endpoint has the region.
        if not endpoint.endswith(".amazonaws.com") or "." in bucket:
            return f"{endpoint}/{self.root}"
        return f"https://{bucket}.s3.amazonaws.com/{prefix}".rstrip("/")

    def load(self, name: str, archive: str) -> str:
        """By its URL; new buckets are not public, and TensorFlow has no credentials for them."""
        return f'hub.KerasLayer("{archive}")  # where it is public'


def _etags(path: Path) -> set[str]:
    """The ETags that an object with a file's content may have."""
    whole, parts = hashlib.md5(usedforsecurity=False), []
    with foreign_files.open_regular(path) as file:
        while block := file.read(_PART_BYTES):
            whole.update(block)
            parts.append(hashlib.md5(block, usedforsecurity=False).digest())
    joined = hashlib.md5(b"".join(parts), usedforsecurity=False).hexdigest()
    return {whole.hexdigest(), f"{joined}-{len(parts)}"}


def _is_on_amazon() -> bool:
    with contextlib.suppress(OSError):
        return foreign_files.read_text(_VENDOR).startswith("Amazon")
    return False
