"""An artifact as one archive, the same bytes each time."""

from __future__ import annotations

import dataclasses
import gzip
import hashlib
import os
import re
import tarfile
from pathlib import Path
from typing import IO

from slimhub.common import files
from slimhub.common.errors import PublishError, RequestError, option
from slimhub.common.files import FileDigest
from slimhub.export import saved_model_files

SUFFIX, DIGEST_SUFFIX = ".tar.gz", ".tar.gz.sha256"

# The page checker of TensorFlow Hub takes no other parts of a path.
_PART = re.compile(r"[\w-][!',\w.\-=:% ]*", re.ASCII)
_LEVEL = 6  # of gzip's 9, its default: weights are nearly noise, more gains nothing


@dataclasses.dataclass(frozen=True)
class Archive:
    """What a written archive is.

    Attributes:
      path: where it is.
      sha256: of its bytes, hexadecimal.
      bytes: its size.
    """

    path: Path
    sha256: str
    bytes: int

    @property
    def digest(self) -> FileDigest:
        """Size and sha256, apart from where it is."""
        return FileDigest(self.bytes, self.sha256)


def files_of(artifact: Path) -> list[str]:
    """Relative paths of the files of an artifact, sorted.

    Args:
      artifact: folder of a SavedModel.

    Raises:
      PublishError: where it is none, or holds what a hub does not take.
    """
    if not (artifact / "saved_model.pb").is_file():
        raise PublishError(f"{artifact} is no SavedModel: it has no saved_model.pb")
    names = []
    for path in sorted(artifact.rglob("*")):
        name = path.relative_to(artifact).as_posix()
        if path.is_dir() and not path.is_symlink():
            continue
        if path.is_symlink() or not path.is_file():
            raise PublishError(f"{name} in {artifact} is no plain file: a hub takes no other")
        if not _is_taken(name):
            raise PublishError(
                f"{name} in {artifact} is not part of a SavedModel: move it away, a hub takes "
                "saved_model.pb, variables/, assets/ and assets.extra/ only, and names of letters, "
                "digits, _, - and . that do not begin with one"
            )
        names.append(name)
    return names


def _is_taken(name: str) -> bool:
    """Whether a hub takes a file of this path."""
    return saved_model_files.may_be_on_hub(name) and all(map(_PART.fullmatch, name.split("/")))


def write(artifact: Path, target: Path) -> Archive:
    """Writes an artifact's archive.

    Folders come before what is in them, as the reader of tensorflow_hub needs it; owners and
    times are left out, so that the same artifact gives the same bytes.

    Args:
      artifact: folder of a SavedModel.
      target: file to be; one that is there is overwritten.

    Raises:
      PublishError: where the artifact holds what a hub does not take.
    """
    names = files_of(artifact)
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
                with (artifact / name).open("rb") as content:
                    size = os.fstat(content.fileno()).st_size
                    archive.addfile(_member(name, tarfile.REGTYPE, 0o644, size), content)
        file.flush()
        os.fsync(file.fileno())
    return Archive(target, counting.digest.hexdigest(), counting.bytes)


def write_with_digest(artifact: Path, target: Path, overwrite: bool) -> Archive:
    """Writes an archive and, beside it, its digest as `sha256sum --check` reads it.

    Each appears whole or not at all.

    Args:
      artifact: folder of a SavedModel.
      target: file to be, ending in `.tar.gz`.
      overwrite: whether a file that is there may be replaced.

    Raises:
      RequestError: for a target that cannot be.
      PublishError: where the artifact holds what a hub does not take.
    """
    digest_file = target.with_name(target.name + ".sha256")
    _check_target(artifact, target, digest_file, overwrite)
    # The archive takes its place before the digest does.
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
    if target.resolve().is_relative_to(artifact.resolve()):
        raise RequestError(f"the output {target} is inside the artifact: name another place")
    if not target.parent.is_dir():
        raise RequestError(f"there is no folder {target.parent}: make it, or name another output")
    for path in (target, digest_file):
        if path.is_dir():
            raise RequestError(f"the output {path} is a folder: name another file")
        if os.path.lexists(path) and not overwrite:
            raise RequestError(f"{path} exists: name another output, or give {option('overwrite')}")


def _member(name: str, kind: bytes, mode: int, size: int) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type, member.mode, member.size = kind, mode, size
    return member


class _Digesting:
    """A file that is written once, from start to end, and its digest."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.digest = hashlib.sha256()
        self.bytes = 0

    def write(self, data: bytes) -> int:
        self.digest.update(data)
        self.bytes += len(data)
        return self._file.write(data)

    def flush(self) -> None:
        self._file.flush()
