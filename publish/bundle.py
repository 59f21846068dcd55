"""Packs an artifact into one archive, with the same bytes each time."""

from __future__ import annotations

import dataclasses
import gzip
import hashlib
import os
import re
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import IO

from slimhub.common import files, foreign_files, paths
from slimhub.common.errors import MissingArtifactError, PublishError, RequestError, option
from slimhub.common.files import FileDigest
from slimhub.export import saved_model_files

SUFFIX, DIGEST_SUFFIX = ".tar.gz", ".tar.gz.sha256"

# The page checker of TensorFlow Hub accepts no other path components.
_PART = re.compile(r"[\w-][!',\w.\-=:% ]*", re.ASCII)
_LEVEL = 6  # instead of gzip's default, 9: weights are nearly noise, so more does not help


@dataclasses.dataclass(frozen=True)
class Archive:
    """A written archive.

    Attributes:
      path: its path.
      sha256: of its bytes, hexadecimal.
      bytes: its size.
    """

    path: Path
    sha256: str
    bytes: int

    @property
    def digest(self) -> FileDigest:
        """Size and sha256, without the path."""
        return FileDigest(self.bytes, self.sha256)


def files_of(artifact: Path) -> list[str]:
    """Relative paths of the files of an artifact, sorted.

    Args:
      artifact: folder of a SavedModel.

    Raises:
      MissingArtifactError: if it is not there, or not a SavedModel.
      PublishError: if it contains files that a hub does not accept.
    """
    if not (artifact / "saved_model.pb").is_file():
        reason = "is not a SavedModel: it has no saved_model.pb"
        raise MissingArtifactError(
            f"{artifact} {reason if artifact.exists() else 'does not exist'}; pass the folder of a "
            "SavedModel"
        )
    names = []
    for path in sorted(artifact.rglob("*")):
        name = path.relative_to(artifact).as_posix()
        if path.is_dir() and not path.is_symlink():
            continue
        if path.is_symlink() or not path.is_file():
            raise PublishError(
                f"{name} in {artifact} is not a regular file: replace it with its content, or "
                "remove it"
            )
        if not _is_taken(name):
            raise PublishError(
                f"{name} in {artifact} is not part of a SavedModel: move it away. A hub only "
                "accepts saved_model.pb, variables/, assets/ and assets.extra/, with names of "
                "letters, digits, _, - and . that do not start with one"
            )
        names.append(name)
    return names


def _is_taken(name: str) -> bool:
    """Whether a hub accepts a file with this path."""
    return saved_model_files.may_be_on_hub(name) and all(map(_PART.fullmatch, name.split("/")))


def write(
    artifact: Path, target: Path, expected: Mapping[str, FileDigest] | None = None
) -> Archive:
    """Writes an artifact's archive.

    Folders precede their content, as tensorflow_hub's reader requires; owners and times are left
    out, so that the same artifact gives the same bytes.

    Args:
      artifact: folder of a SavedModel.
      target: file to write; an existing one is overwritten.
      expected: digests of the artifact's files by name, if they are known.

    Raises:
      PublishError: if the artifact holds files that a hub does not accept, or is not as expected.
    """
    names = files_of(artifact)
    if expected is not None and set(names) != set(expected):
        raise _changed(artifact)
    folders = {parent.as_posix() for name in names for parent in Path(name).parents} - {"."}
    with target.open("wb") as file:
        counting = _Digesting(file)
        with (
            gzip.GzipFile("", "wb", _LEVEL, counting, mtime=0) as packed,
            tarfile.open(mode="w", fileobj=packed, format=tarfile.GNU_FORMAT) as archive,
        ):
            for name in sorted(folders):
                archive.addfile(_member(name, tarfile.DIRTYPE, 0o755, 0))
            for name in names:
                with foreign_files.open_regular(artifact / name) as content:
                    size = os.fstat(content.fileno()).st_size
                    read = _Digesting(content)
                    archive.addfile(_member(name, tarfile.REGTYPE, 0o644, size), read)
                if expected is not None and read.file() != expected[name]:
                    raise _changed(artifact)
        file.flush()
        os.fsync(file.fileno())
    return Archive(target, counting.digest.hexdigest(), counting.bytes)


def write_with_digest(artifact: Path, target: Path, overwrite: bool) -> Archive:
    """Writes an archive and, next to it, its digest in the format of `sha256sum --check`.

    Each file appears whole or not at all.

    Args:
      artifact: folder of a SavedModel.
      target: file to write, ending in `.tar.gz`.
      overwrite: whether an existing file may be replaced.

    Raises:
      RequestError: if the target is invalid.
      PublishError: if the artifact contains files that a hub does not accept.
    """
    digest_file = target.with_name(target.name + ".sha256")
    _check_target(artifact, target, digest_file, overwrite)
    # The archive replaces its target before the digest does.
    with files.replacing(digest_file) as digest_stage, files.replacing(target) as stage:
        written = write(artifact, stage)
        digest_stage.write_text(digest_line(written.sha256, target.name), "utf-8")
    return dataclasses.replace(written, path=target)


def digest_line(sha256: str, name: str) -> str:
    """The content of a digest file, as sha256sum writes it."""
    return f"{sha256}  {name}\n"


def _check_target(artifact: Path, target: Path, digest_file: Path, overwrite: bool) -> None:
    if not target.name.endswith(SUFFIX) or target.name == SUFFIX:
        raise RequestError(f"the output {target} must end in {SUFFIX}")
    if paths.resolved(target).is_relative_to(paths.resolved(artifact)):
        raise RequestError(f"the output {target} is inside the artifact: choose another place")
    if not target.parent.is_dir():
        raise RequestError(
            f"the folder {target.parent} does not exist: create it, or choose another output"
        )
    for path in (target, digest_file):
        if path.is_dir():
            raise RequestError(f"the output {path} is a folder: choose a file")
        if os.path.lexists(path) and not overwrite:
            raise RequestError(
                f"{path} exists: choose another output, or pass {option('overwrite')}"
            )


def _member(name: str, kind: bytes, mode: int, size: int) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type, member.mode, member.size = kind, mode, size
    return member


def _changed(artifact: Path) -> PublishError:
    return PublishError(
        f"{artifact} changed while it was read: run the command again when nothing writes there"
    )


class _Digesting:
    """A file that is written or read once, from start to end, with its digest."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.digest = hashlib.sha256()
        self.bytes = 0

    def write(self, data: bytes) -> int:
        self.digest.update(data)
        self.bytes += len(data)
        return self._file.write(data)

    def read(self, count: int = -1) -> bytes:
        data = self._file.read(count)
        self.digest.update(data)
        self.bytes += len(data)
        return data

    def file(self) -> FileDigest:
        return FileDigest(self.bytes, self.digest.hexdigest())

    def flush(self) -> None:
        self._file.flush()
