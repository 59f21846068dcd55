"""Brings a checkpoint from a URL into the cache folder."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from checkpoints.errors import CheckpointError
from checkpoints.starting import tensorflow

Transfer = Callable[[str, int, "int | None"], None]  # what, bytes done, bytes in all


def is_url(source: str) -> bool:
    """Whether a source is a URL: http and https, or a scheme TensorFlow reads, such as gs."""
    return "://" in source


def public_name(url: str) -> str:
    """A URL without credentials, query and fragment, for messages and records."""
    parts = urlsplit(url)
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
    if url.startswith(("http://", "https://")):
        return _fetch_http(url, sha256, cache, transfer)
    return _fetch_with_tensorflow(url, cache, transfer)


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


def _fetch_http(url: str, sha256: str | None, cache: Path, transfer: Transfer | None) -> Path:
    import pooch
    import requests

    pooch.get_logger().setLevel("WARNING")
    name = public_name(url)
    progress = _PoochProgress(name.rsplit("/", 1)[-1], transfer) if transfer else False
    downloader = pooch.HTTPDownloader(progressbar=progress)
    known_hash = f"sha256:{sha256}" if sha256 else None
    try:
        return Path(pooch.retrieve(url, known_hash, path=cache, downloader=downloader))
    except requests.HTTPError as error:
        status = f"{error.response.status_code} {error.response.reason}"
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
        raise CheckpointError(f"cannot keep {name} in the cache: {error.strerror}") from error


def _fetch_with_tensorflow(url: str, cache: Path, transfer: Transfer | None) -> Path:
    tf = tensorflow()

    name = public_name(url)
    folder = cache / hashlib.sha256(url.encode()).hexdigest()[:32]
    try:
        is_file = tf.io.gfile.exists(url) and not tf.io.gfile.isdir(url)
        sources = [url] if is_file else tf.io.gfile.glob(f"{url}.*")
        if not sources:
            raise CheckpointError(f"there is nothing at {name}: name an archive or a prefix")
        folder.mkdir(parents=True, exist_ok=True)
        for done, source in enumerate(sources):
            if transfer:
                transfer(source.rsplit("/", 1)[-1], done, len(sources))
            _copy(source, folder / source.rsplit("/", 1)[-1])
    except (tf.errors.OpError, OSError) as error:
        reason = getattr(error, "message", None) or error
        raise CheckpointError(f"{name} could not be read: {reason}") from error
    return folder / url.rsplit("/", 1)[-1]


def _copy(source: str, target: Path) -> None:
    """Copies a file through TensorFlow; the target appears whole or not at all."""
    tf = tensorflow()

    if target.exists():
        return
    part = target.with_name(f"{target.name}.{secrets.token_hex(4)}.part")
    try:
        tf.io.gfile.copy(source, str(part))
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
