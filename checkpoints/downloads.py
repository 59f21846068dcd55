"""Downloads checkpoints into the cache folder."""

from __future__ import annotations

import contextlib
import glob
import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, cast
from urllib.parse import urlsplit

from slimhub.checkpoints import file_copies
from slimhub.checkpoints.transfer_limits import TransferLimits
from slimhub.common import files
from slimhub.common.errors import CheckpointError
from slimhub.common.progress import Transfer
from slimhub.common.quiet_tensorflow import imported

_REPORT = 1 << 20  # bytes between two progress reports
_SILENCE = 30.0  # seconds without a byte
_SIZE = re.compile(r"\d{1,18}", re.ASCII)


def is_url(source: str) -> bool:
    """Whether a source is a URL: http, https, or a scheme that TensorFlow reads, such as gs."""
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
    """Returns the local copy of a URL, downloading it if necessary.

    Args:
      url: of an archive or file; for TensorFlow's schemes also a checkpoint prefix.
      sha256: expected hex digest; a cached copy with another digest is downloaded again.
      cache: folder for the copies; the user's cache folder by default.
      transfer: progress callback.

    Returns:
      Path of the copy, or the local prefix of a copied checkpoint.

    Raises:
      CheckpointError: if the download fails, or its digest is wrong.
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
    """Removes a path returned by `fetch` from the cache."""
    for file in path.parent.glob(glob.escape(path.name) + "*"):
        file.unlink()
    _remove_if_empty(path.parent)


def _remove_if_empty(folder: Path) -> None:
    with contextlib.suppress(OSError):  # it is not there, or never was
        folder.rmdir()


def _place(url: str, cache: Path) -> Path:
    """Where the copy of a URL is kept: under its own name, in its own folder."""
    name = public_name(url).rsplit("/", 1)[-1]
    usable = name if name not in ("", ".", "..") else "download"
    return cache / hashlib.sha256(url.encode()).hexdigest()[:32] / usable


def _download(url: str, file: BinaryIO, name: str, transfer: Transfer | None) -> None:
    """Writes the body of an answer to a file, as long as it comes in reasonable time.

    Args:
      url: of the file.
      file: to write to.
      name: of the URL, for messages.
      transfer: progress callback.
    """
    from slimhub.checkpoints import urllib3_internals

    # Archives gain nothing from another compression, which would hide their size.
    headers = {"Accept-Encoding": "identity"}
    with (
        TransferLimits(name) as limits,
        urllib3_internals.opened(limits) as session,
        session.get(url, stream=True, timeout=_SILENCE, headers=headers) as answer,
    ):
        answer.raise_for_status()
        is_plain = "Content-Encoding" not in answer.headers
        stated = answer.headers.get("Content-Length", "")
        total = int(stated) if is_plain and _SIZE.fullmatch(stated) else None
        limits.expect(total or 0)
        done = reported = 0
        for block in _blocks(answer.raw):
            file.write(block)
            done += len(block)
            limits.add(len(block))
            if transfer and (done - reported >= _REPORT or done == total):
                reported = done
                transfer(name.rsplit("/", 1)[-1], min(done, total or done), total)


def _blocks(raw: Any) -> Iterator[bytes]:
    """What has come of a body, as soon as it comes: a server may send a byte a minute."""
    import requests
    from urllib3.exceptions import HTTPError

    try:
        while block := raw.read1(_REPORT, decode_content=True):
            yield block
    except HTTPError as error:  # whose class `requests` translates in its own methods only
        raise requests.ConnectionError(str(error)) from error


def _fetch_http(url: str, sha256: str | None, place: Path, transfer: Transfer | None) -> None:
    import pooch
    import requests

    pooch.get_logger().setLevel("WARNING")
    name = public_name(url)

    def download(url: str, path: str, _pooch: object) -> None:
        with Path(path).open("wb") as file:
            _download(url, file, name, transfer)

    known_hash = f"sha256:{sha256}" if sha256 else None
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        if place.is_file() and (sha256 is None or files.sha256_of(place) == sha256):
            return
        with files.replacing(place) as stage:  # its folder gets pooch's temporary files, too
            pooch.retrieve(url, known_hash, stage.name, stage.parent, downloader=download)
    except requests.HTTPError as error:
        answer = cast(requests.Response, error.response)  # the response whose status was an error
        status = f"{answer.status_code} {answer.reason}"
        raise CheckpointError(f"{name} returned HTTP status {status}: check the URL") from error
    except requests.RequestException as error:
        kind = type(error).__name__
        raise CheckpointError(
            f"could not download {name} ({kind}): check the URL and your network, then run the "
            "command again"
        ) from error
    except ValueError as error:  # how pooch reports a wrong digest
        raise CheckpointError(
            f"the download from {name} does not have the sha256 {sha256}: check the digest, or "
            "whether the file was replaced"
        ) from error
    except OSError as error:
        reason = error.strerror or type(error).__name__  # pooch's own errors have no strerror
        raise CheckpointError(
            f"cannot write {name} to the cache: {reason}; check that the cache folder is writable"
        ) from error


def _fetch_with_tensorflow(
    url: str, sha256: str | None, place: Path, transfer: Transfer | None
) -> None:
    tf = imported()

    name = public_name(url)
    try:
        sources = file_copies.find(url)
        if not sources:
            raise CheckpointError(
                f"nothing found at {name}: pass the URL of an archive or a checkpoint prefix"
            )
        place.parent.mkdir(parents=True, exist_ok=True)
        if sha256 and place.is_file() and files.sha256_of(place) != sha256:
            place.unlink()
        with TransferLimits(name) as limits:
            file_copies.copy_all(sources, place.parent, limits, transfer)
    except (tf.errors.OpError, OSError) as error:
        said = getattr(error, "message", None) or getattr(error, "strerror", None) or error
        text = str(said).replace(url, name)
        reason = re.split(r" \(|: |\n", text)[0]
        raise CheckpointError(f"could not read {name}: {reason}") from error
