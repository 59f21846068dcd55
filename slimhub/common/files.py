"""Files: their digests, comparing folders with digests, and writing that is whole or not at all."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import secrets
from collections.abc import Container, Iterable, Iterator, Mapping
from pathlib import Path

_BLOCK = 1 << 20  # bytes read at once


@dataclasses.dataclass(frozen=True)
class FileDigest:
    """What a file holds: its size in bytes and the hex sha256 of its content."""

    bytes: int
    sha256: str


def sha256_of(path: Path) -> str:
    """Hex sha256 of a file."""
    with path.open("rb") as file:
        return sha256_of_blocks(iter(lambda: file.read(_BLOCK), b""))


def sha256_of_blocks(blocks: Iterable[bytes]) -> str:
    """Hex sha256 of a content that comes in blocks, such as a file elsewhere."""
    digest = hashlib.sha256()
    for block in blocks:
        digest.update(block)
    return digest.hexdigest()


def digest_file(path: Path) -> FileDigest:
    """Size and sha256 of a file."""
    return FileDigest(path.stat().st_size, sha256_of(path))


def digest_text(text: str) -> FileDigest:
    """Size and sha256 of the file that would hold a text in UTF-8."""
    data = text.encode()
    return FileDigest(len(data), hashlib.sha256(data).hexdigest())


def digest_folder(folder: Path, *, without: Container[str] = ()) -> dict[str, FileDigest]:
    """Digests of the files in a folder and below, by relative path with `/`, sorted.

    Args:
      folder: to look through.
      without: relative paths that are left out.
    """
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    names = {path.relative_to(folder).as_posix(): path for path in paths}
    return {name: digest_file(path) for name, path in names.items() if name not in without}


def differing(expected: Mapping[str, object], found: Mapping[str, object]) -> list[str]:
    """Names of files that changed, came or went, sorted.

    Args:
      expected: digests by name.
      found: the same, of what is there.
    """
    names = expected.keys() | found.keys()
    return sorted(name for name in names if expected.get(name) != found.get(name))


@contextlib.contextmanager
def replacing(target: Path) -> Iterator[Path]:
    """A path beside a target; what the block writes there takes the target's place in one step.

    Where the block raises, the target is as it was and nothing is left beside it.

    Args:
      target: path of a file, which need not exist; its folder must.

    Raises:
      OSError: where the file cannot be moved.
    """
    # A name of 255 bytes, the most that file systems take, leaves no room for an addition.
    stage = target.with_name(f".{target.name[:40]}.slimhub-{secrets.token_hex(4)}")
    try:
        yield stage
        stage.replace(target)
    finally:
        with contextlib.suppress(OSError):
            stage.unlink()


def write_atomically(target: Path, text: str) -> None:
    """Writes a text in UTF-8: whole, or not at all.

    Args:
      target: path of a file; the folders above it are made.
      text: its content.

    Raises:
      OSError: where it cannot be written.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    with replacing(target) as stage:
        stage.write_bytes(text.encode())
