"""Files: digests, comparison of folders, and atomic writes."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import os
import shutil
from collections.abc import Container, Iterable, Iterator, Mapping
from pathlib import Path

from slimhub.common import foreign_files, scratch

_BLOCK = 1 << 17  # bytes per read: more would be new memory each time, even for small files


@dataclasses.dataclass(frozen=True)
class FileDigest:
    """The content of a file: its size in bytes and hex sha256."""

    bytes: int
    sha256: str


def sha256_of(path: Path) -> str:
    """Hex sha256 of a file; an `OSError` for what is not a regular one."""
    return digest_file(path).sha256


def sha256_of_blocks(blocks: Iterable[bytes]) -> str:
    """Hex sha256 of content that comes in blocks, such as a remote file."""
    digest = hashlib.sha256()
    for block in blocks:
        digest.update(block)
    return digest.hexdigest()


def digest_file(
    path: str | os.PathLike[str], max_bytes: int = foreign_files.LARGEST_FILE
) -> FileDigest:
    """Size and sha256 of a file; an `OSError` for what is not a regular one, or is larger."""
    count, digest = 0, hashlib.sha256()
    with foreign_files.open_regular(path) as file:
        foreign_files.check_size(file, max_bytes)  # a sparse one takes hours
        while block := file.read(_BLOCK):
            digest.update(block)
            count += len(block)
    return FileDigest(count, digest.hexdigest())


def digest_text(text: str) -> FileDigest:
    """Size and sha256 of the file that would hold a text in UTF-8."""
    data = text.encode()
    return FileDigest(len(data), hashlib.sha256(data).hexdigest())


def digest_folder(folder: Path, *, without: Container[str] = ()) -> dict[str, FileDigest]:
    """Digests of all files below a folder, by relative path with `/`, sorted.

    Args:
      folder: the folder to search.
      without: relative paths to skip.
    """
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    names = {path.relative_to(folder).as_posix(): path for path in paths}
    return {name: digest_file(path) for name, path in names.items() if name not in without}


def differing(expected: Mapping[str, object], found: Mapping[str, object]) -> list[str]:
    """Names of files that were changed, added or removed, sorted.

    Args:
      expected: digests by name.
      found: digests of the existing files, by name.
    """
    names = expected.keys() | found.keys()
    return sorted(name for name in names if expected.get(name) != found.get(name))


def sync_folder(folder: Path) -> None:
    """Has the system put all files below a folder on the disk, and the folders themselves.

    Raises:
      OSError: if the disk fails.
    """
    for path in sorted(folder.rglob("*"), reverse=True):
        sync(path)
    sync(folder)


def sync(path: Path) -> None:
    """Has the system put a file, or the names in a folder, on the disk.

    Raises:
      OSError: if the disk fails.
    """
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def replacing(target: Path) -> Iterator[Path]:
    """Yields a temporary path in a folder next to a target, then replaces the target in one step.

    If the block raises, the target is unchanged and nothing is left next to it; what a killed run
    has left there goes with the next one. Other files may be written beside the temporary path:
    they are removed at the end.

    Args:
      target: path of a file, which need not exist; its folder must.

    Raises:
      OSError: if the file cannot be moved.
    """
    scratch.remove_abandoned(target.parent, scratch.STAGE)
    folder = scratch.stage_for(target)
    lock = None
    try:
        folder.mkdir()
        lock = scratch.lock(folder)
        yield folder / "file"
        (folder / "file").replace(target)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        scratch.unlock(lock)


def write_atomically(target: Path, text: str) -> None:
    """Writes a text in UTF-8: whole, or not at all.

    Args:
      target: path of a file; missing parent folders are created, and removed again if it fails.
      text: its content.

    Raises:
      OSError: if it cannot be written.
    """
    missing = [folder for folder in target.parents if not folder.exists()]
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with replacing(target) as stage:
            stage.write_bytes(text.encode())
    except BaseException:
        for folder in missing:  # innermost first
            with contextlib.suppress(OSError):
                folder.rmdir()
        raise
