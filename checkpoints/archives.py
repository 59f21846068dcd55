"""Tar and zip archives: every member is checked before anything is unpacked."""

from __future__ import annotations

import contextlib
import errno
import lzma
import shutil
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import IO, cast

from slimhub.checkpoints import zip_archives
from slimhub.checkpoints.zip_archives import ZipArchive
from slimhub.common.errors import CheckpointError, option

MAX_UNPACKED_BYTES = 4 << 30  # 4 GiB; the largest public TF-Slim archive unpacks to about 1.5 GiB
_MAX_MEMBERS = 100_000
_Archive = tarfile.TarFile | ZipArchive
# Errors of the system that are the fault of a member's name, not of the disk.
_OF_ITS_NAME = (errno.ENAMETOOLONG, errno.EEXIST, errno.ENOTDIR, errno.EISDIR, errno.EINVAL)
_BROKEN = (tarfile.TarError, EOFError, OSError, zlib.error, lzma.LZMAError)
# What zipfile raises besides: a password that is wanted, an unknown compression, bad names.
_BROKEN_ZIP = (zipfile.BadZipFile, RuntimeError, NotImplementedError, ValueError)


def is_zip(path: Path) -> bool:
    """Whether a file is a zip archive, by its first bytes."""
    with path.open("rb") as file:
        return file.read(4) in (b"PK\3\4", b"PK\5\6")  # the latter is an empty one


def list_files(path: Path, max_unpacked_bytes: int = MAX_UNPACKED_BYTES) -> list[str]:
    """Names of the regular files of an archive, after a check of every member.

    Args:
      path: a tar file, compressed or not, or a zip file.
      max_unpacked_bytes: bound of the sum of all sizes.

    Returns:
      Relative paths with `/`.

    Raises:
      CheckpointError: for a damaged archive, or one with an unsafe member or too much in it.
    """
    names, total = [], 0
    with _reading(path) as archive:
        for count, member in enumerate(archive):
            _check_member(path, member)
            total += member.size
            if total > max_unpacked_bytes or count >= _MAX_MEMBERS:
                raise CheckpointError(
                    f"{path.name} would unpack to more than {max_unpacked_bytes:,} bytes or "
                    f"{_MAX_MEMBERS:,} members: unpack it yourself, if you trust it, and name "
                    "the folder"
                )
            if member.isfile():
                names.append(_clean(member.name))
    return names


def unpack(path: Path, wanted: Callable[[str], bool], folder: Path) -> None:
    """Unpacks some files of an archive that `list_files` has checked.

    Args:
      path: the archive.
      wanted: says by its relative path whether a file is needed.
      folder: where to; files keep their relative paths.
    """
    with _reading(path) as archive:
        for member in archive:
            name = _clean(member.name)
            if not member.isfile() or not wanted(name):
                continue
            _write(path, archive, member, folder / name)


def _write(path: Path, archive: _Archive, member: tarfile.TarInfo, target: Path) -> None:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        file = target.open("wb")
    except OSError as error:
        if error.errno not in _OF_ITS_NAME:
            raise
        raise CheckpointError(
            f"{path.name} is not unpacked, because its member {member.name!r} cannot be a file "
            f"({error.strerror}): unpack what you need of it yourself, and name the folder"
        ) from error
    with file:
        content = cast(IO[bytes], archive.extractfile(member))  # None for folders alone
        shutil.copyfileobj(content, file, 1 << 20)


@contextlib.contextmanager
def _reading(path: Path) -> Iterator[_Archive]:
    try:
        with zip_archives.opened(path) if is_zip(path) else tarfile.open(path, "r:*") as archive:
            yield archive
    except (*_BROKEN, *_BROKEN_ZIP) as error:
        if isinstance(error, OSError) and error.errno:  # the system's, not that of a decoder
            raise CheckpointError(
                f"{path.name} cannot be unpacked ({error.strerror}): make room in the folder for "
                "temporary files, or name another with TMPDIR"
            ) from error
        reason = (str(error) or type(error).__name__).splitlines()[0].rstrip(":")
        raise CheckpointError(
            f"{path.name} is a damaged or truncated archive ({reason}): download it again, and "
            f"give {option('sha256')} if its digest is published"
        ) from error


def _clean(name: str) -> str:
    return PurePosixPath(name).as_posix()


def _check_member(path: Path, member: tarfile.TarInfo) -> None:
    parts = PurePosixPath(member.name)
    if parts.is_absolute() or ".." in parts.parts:
        fault = "points outside of the archive"
    elif not member.name.isprintable():
        fault = "has control characters in its name"
    elif member.issym() or member.islnk():
        fault = "is a link"
    elif not (member.isfile() or member.isdir()):
        fault = "is neither a file nor a folder"
    else:
        return
    raise CheckpointError(
        f"{path.name} is not unpacked, because its member {member.name!r} {fault}: get the "
        "archive from a source you trust"
    )
