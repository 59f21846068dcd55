"""Tar and zip archives. Every member is checked before anything is unpacked."""

from __future__ import annotations

import contextlib
import errno
import lzma
import shutil
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from slimhub.checkpoints import source_files, tar_archives, zip_archives
from slimhub.checkpoints.tar_archives import SizeLimitError, TarArchive
from slimhub.checkpoints.zip_archives import ZipArchive
from slimhub.common.errors import CheckpointError, option

MAX_UNPACKED_BYTES = 4 << 30  # 4 GiB; the largest public TF-Slim archive unpacks to about 1.5 GiB
_MAX_MEMBERS = 100_000
_Archive = TarArchive | ZipArchive
# System errors caused by a member's name, not by the disk.
_NAME_ERRORS = (errno.ENAMETOOLONG, errno.EEXIST, errno.ENOTDIR, errno.EISDIR, errno.EINVAL)
_DAMAGE = (tarfile.TarError, EOFError, OSError, zlib.error, lzma.LZMAError)
# What zipfile also raises: a password is required, unknown compression, invalid names.
_ZIP_DAMAGE = (zipfile.BadZipFile, RuntimeError, NotImplementedError, ValueError)
# What both raise for numbers and maps that make no sense.
_NONSENSE = (ArithmeticError, AttributeError, LookupError, MemoryError, TypeError, struct.error)


def is_zip(path: Path) -> bool:
    """Whether a file is a zip archive, judging by its first bytes."""
    return source_files.head(path, 4) in (b"PK\3\4", b"PK\5\6")  # the latter: an empty archive


def list_files(path: Path, max_unpacked_bytes: int = MAX_UNPACKED_BYTES) -> list[str]:
    """Checks every member of an archive and lists its regular files.

    Args:
      path: a tar file, compressed or not, or a zip file.
      max_unpacked_bytes: limit for the total unpacked size.

    Returns:
      Relative paths, separated by `/`.

    Raises:
      CheckpointError: if the archive is damaged, too large, or has an unsafe member.
    """
    with _reading(path, max_unpacked_bytes) as archive:
        members = _checked(path, archive, max_unpacked_bytes)
        return [_clean(member.name) for member in members if member.isfile()]


def unpack(
    path: Path,
    wanted: Callable[[str], bool],
    folder: Path,
    max_unpacked_bytes: int = MAX_UNPACKED_BYTES,
) -> None:
    """Checks every member of an archive as `list_files` does, and unpacks selected files.

    The checks are made again since the archive could be another one by now.

    Args:
      path: the archive.
      wanted: takes a relative path, returns whether that file is needed.
      folder: the target; files keep their relative paths.
      max_unpacked_bytes: limit for the total unpacked size.

    Raises:
      CheckpointError: as `list_files`, or if a file cannot be written.
    """
    with _reading(path, max_unpacked_bytes) as archive:
        for member in _checked(path, archive, max_unpacked_bytes):
            name = _clean(member.name)
            if not member.isfile() or not wanted(name):
                continue
            _write(path, archive, member, folder / name)


def _checked(path: Path, archive: _Archive, max_bytes: int) -> Iterator[tarfile.TarInfo]:
    """The members of an archive, each as soon as it has passed."""
    total = 0
    for count, member in enumerate(archive):
        _check_member(path, member)
        total += member.size
        if total > max_bytes or count >= _MAX_MEMBERS:
            raise _too_large(path, max_bytes)
        yield member


def _too_large(path: Path, max_bytes: int) -> CheckpointError:
    return CheckpointError(
        f"{path.name} would unpack to more than {max_bytes:,} bytes or {_MAX_MEMBERS:,} members: "
        "if you trust it, unpack it yourself and pass the folder"
    )


def _write(path: Path, archive: _Archive, member: tarfile.TarInfo, target: Path) -> None:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        file = target.open("wb")
    except OSError as error:
        if error.errno not in _NAME_ERRORS:
            raise
        raise CheckpointError(
            f"cannot unpack {path.name}: its member {member.name!r} cannot be a file "
            f"({error.strerror}); unpack what you need yourself and pass the folder"
        ) from error
    with file:
        content = archive.extractfile(member)
        shutil.copyfileobj(content, file, 1 << 20)
        if file.tell() != member.size:
            raise tarfile.ReadError(f"its member {member.name!r} ends early")


@contextlib.contextmanager
def _reading(path: Path, max_bytes: int) -> Iterator[_Archive]:
    try:
        zipped = is_zip(path)
        opened = zip_archives.opened(path) if zipped else tar_archives.opened(path, max_bytes)
        with opened as archive:
            yield archive
    except CheckpointError:
        raise
    except SizeLimitError as error:
        raise _too_large(path, max_bytes) from error
    except (*_DAMAGE, *_ZIP_DAMAGE, *_NONSENSE) as error:
        if isinstance(error, OSError) and error.errno:  # raised by the system, not by a decoder
            raise CheckpointError(
                f"cannot unpack {path.name} ({error.strerror}): free some space in the folder "
                "for temporary files, or set TMPDIR to another folder"
            ) from error
        reason = (str(error) or type(error).__name__).splitlines()[0].rstrip(":")
        raise CheckpointError(
            f"{path.name} is damaged or truncated ({reason}): download it again, and pass "
            f"{option('sha256')} if its digest is published"
        ) from error


def _clean(name: str) -> str:
    return PurePosixPath(name).as_posix()


def _check_member(path: Path, member: tarfile.TarInfo) -> None:
    parts = PurePosixPath(member.name)
    if parts.is_absolute() or ".." in parts.parts:
        fault = "points outside the archive"
    elif not member.name.isprintable():
        fault = "has control characters in its name"
    elif member.issym() or member.islnk():
        fault = "is a link"
    elif not (member.isfile() or member.isdir()):
        fault = "is neither a file nor a folder"
    elif member.size < 0 or not _is_sound(member):
        fault = "states a size that no file can have"
    else:
        return
    raise CheckpointError(
        f"{path.name} was not unpacked: its member {member.name!r} {fault}; get the archive "
        "from a source you trust"
    )


def _is_sound(member: tarfile.TarInfo) -> bool:
    """Whether the pieces of a sparse file are inside of it, in their order."""
    end = 0
    pieces: Any = member.sparse
    for offset, size in pieces or ():
        if offset < end or size < 0:
            return False
        end = offset + size
    return end <= member.size
