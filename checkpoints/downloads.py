"""Brings a checkpoint from a URL into the cache folder."""

from __future__ import annotations

import contextlib
import glob
import hashlib
import re
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import cast
from urllib.parse import urlsplit

from slimhub.common import files
from slimhub.common.errors import CheckpointError
from slimhub.common.progress import Transfer
from slimhub.common.quiet_tensorflow import tensorflow

_BLOCK = 8 << 20  # bytes between two reports of progress


def is_url(source: str) -> bool:
    """Whether a source is a URL: http and https, or a scheme TensorFlow reads, such as gs."""
    return "://" in source


def public_name(url: str) -> str:
    """A URL without credentials, query and fragment, for messages and records."""
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise CheckpointError("the URL of the checkpoint is malformed: check the URL") from error
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{host}{parts.path}"


def fetch(url: str, sha256: str | None, cache: Path | None, transfer: Transfer | None) -> Path:
    """The local copy of what a URL names; it is downloaded once.

    Args:
      url: of an archive or a file; with a scheme of TensorFlow's also a checkpoint prefix.
      sha256: expected hex digest; a cached copy with another one is fetched again.
      cache: folder of the copies; the user's cache folder by default.
      transfer: is told of the progress.

    Returns:
      Path of the copy, or the local prefix of a copied checkpoint.

    Raises:
      CheckpointError: where it cannot be fetched, or has another digest.
    """
    if cache is None:
        import pooch

        cache = Path(pooch.os_cache("slimhub"))
    bring = (
        _fetch_http if url.lower().startswith(("http://", "https://")) else _fetch_with_tensorflow
    )
    place = _place(url, cache)
    try:
        bring(url, sha256, place, transfer)
    finally:
        _remove_if_empty(place.parent)
    return place


def discard(path: Path) -> None:
    """Removes what `fetch` returned from the cache."""
    for file in path.parent.glob(glob.escape(path.name) + "*"):
        file.unlink()
    _remove_if_empty(path.parent)


def _remove_if_empty(folder: Path) -> None:
    with contextlib.suppress(OSError):  # it is not, or was never made
        folder.rmdir()


def _place(url: str, cache: Path) -> Path:
    """Where the copy of a URL is kept: under its own name in a folder of its own."""
    name = public_name(url).rsplit("/", 1)[-1]
    usable = name if name not in ("", ".", "..") else "download"
    return cache / hashlib.sha256(url.encode()).hexdigest()[:32] / usable


class _PoochProgress:
    """Passes on what pooch tells its progress bar."""

    def __init__(self, name: str, transfer: Transfer) -> None:
        self.total: int | None = None
        self._name, self._transfer, self._done = name, transfer, 0

    def update(self, amount: int) -> None:
        self._done += amount
        total = self.total or None
        self._transfer(self._name, min(self._done, total or self._done), total)

    def reset(self) -> None:
        self._done = 0

    def close(self) -> None:
        pass


def _fetch_http(url: str, sha256: str | None, place: Path, transfer: Transfer | None) -> None:
    import pooch
    import requests

    pooch.get_logger().setLevel("WARNING")
    name = public_name(url)
    progress = _PoochProgress(name.rsplit("/", 1)[-1], transfer) if transfer else False
    downloader = pooch.HTTPDownloader(progressbar=progress)
    known_hash = f"sha256:{sha256}" if sha256 else None
    try:
        pooch.retrieve(url, known_hash, place.name, place.parent, downloader=downloader)
    except requests.HTTPError as error:
        answer = cast(requests.Response, error.response)  # the one whose status was an error
        status = f"{answer.status_code} {answer.reason}"
        raise CheckpointError(f"{name} answers {status}: check the URL") from error
    except requests.RequestException as error:
        kind = type(error).__name__
        raise CheckpointError(
            f"{name} could not be downloaded ({kind}): check the URL and the network, then "
            "run the command again"
        ) from error
    except ValueError as error:  # pooch's word for another digest
        raise CheckpointError(
            f"what {name} sends does not have the sha256 {sha256}: check the digest, or whether "
            "the file was replaced"
        ) from error
    except OSError as error:
        reason = error.strerror or type(error).__name__  # pooch's own error has no strerror
        raise CheckpointError(
            f"cannot keep {name} in the cache: {reason}; check that its folder can be written"
        ) from error


def _fetch_with_tensorflow(
    url: str, sha256: str | None, place: Path, transfer: Transfer | None
) -> None:
    tf = tensorflow()

    name = public_name(url)
    try:
        is_file = tf.io.gfile.exists(url) and not tf.io.gfile.isdir(url)
        sources = [url] if is_file else tf.io.gfile.glob(f"{url}.*")
        if not sources:
            raise CheckpointError(f"there is nothing at {name}: name an archive or a prefix")
        place.parent.mkdir(parents=True, exist_ok=True)
        if sha256 and place.is_file() and files.sha256_of(place) != sha256:
            place.unlink()
        _copy_all(sources, place.parent, transfer)
    except (tf.errors.OpError, OSError) as error:
        text = str(getattr(error, "message", None) or error).replace(url, name)
        reason = re.split(r" \(|: |\n", text)[0]
        raise CheckpointError(f"{name} could not be read: {reason}") from error


def _copy_all(sources: list[str], folder: Path, transfer: Transfer | None) -> None:
    """Copies files that are not there yet; progress counts the bytes of all of them."""
    gfile = tensorflow().io.gfile

    targets = {source: folder / source.rsplit("/", 1)[-1] for source in sources}
    missing = [source for source, target in targets.items() if not target.exists()]
    total = sum(gfile.stat(source).length for source in missing)
    done = 0
    for source in missing:
        for amount in _copy(source, targets[source]):
            done += amount
            if transfer:
                transfer(targets[source].name, done, total)


def _copy(source: str, target: Path) -> Iterator[int]:
    """Copies a file through TensorFlow, and yields the number of bytes of each block.

    The target appears whole or not at all.
    """
    part = target.with_name(f"{target.name}.{secrets.token_hex(4)}.part")
    try:
        with tensorflow().io.gfile.GFile(source, "rb") as remote, part.open("wb") as local:
            while block := remote.read(_BLOCK):
                local.write(block)
                yield len(block)
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
