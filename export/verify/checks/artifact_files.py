"""Checks the files of an artifact: their names, digests, and what they must not contain."""

from __future__ import annotations

import getpass
import os
import re
import sys
import sysconfig
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

import numpy as np

from slimhub.checkpoints import index_check
from slimhub.checkpoints.string_table import TableError
from slimhub.common import foreign_files, paths, scratch
from slimhub.common.text import count
from slimhub.export import saved_model_files
from slimhub.export.record import PATH, Record, digest_files
from slimhub.export.verify.proof import Check, passed_or_failed


def check(
    folder: Path,
    record: Record | None,
    private: Iterable[str],
    *,
    unwritten: Mapping[str, bytes] = MappingProxyType({}),
    digests: Check | None = None,
) -> list[Check]:
    """Checks the files.

    Args:
      folder: the artifact.
      record: of the artifact, or None.
      private: absolute paths that no file may contain, in addition to those of this machine.
        Relative ones are ignored: the bare name of a folder does not reveal a machine, and any word
        may be one.
      unwritten: content of files that will be added to the artifact, by relative path.
      digests: the outcome of `check_digests`, if that was called already.
    """
    names = [p.relative_to(folder).as_posix() for p in folder.rglob("*") if not p.is_dir()]
    names = sorted({*names, *unwritten})
    folders = [
        p for p in folder.rglob("*") if p.is_dir() and p.name not in saved_model_files.ASSET_FOLDERS
    ]
    empty = [p for p in folders if not any(p.iterdir())]
    names += [f"{p.relative_to(folder).as_posix()}/" for p in sorted(empty)]
    named = list(_named(folder, private, unwritten))
    return [
        passed_or_failed("files", "names", list(_names(names)), count(len(names), "file")),
        digests or check_digests(folder, record),
        passed_or_failed("files", "no path or user of a machine", named),
    ]


def _names(names: list[str]) -> Iterator[str]:
    for name in names:
        if not saved_model_files.may_be_in_artifact(name):
            yield f"{name} does not belong in an artifact"
    for name in saved_model_files.NEEDED:
        if name not in names:
            yield f"{name} is missing"


def check_digests(folder: Path, record: Record | None) -> Check:
    """Compares the files with the digests in the record.

    Args:
      folder: the artifact.
      record: of the artifact, or None.
    """
    if record is None:
        return Check("files", "digests", "not run", f"no record {PATH}")
    expected, found = record.files, digest_files(folder)
    complaints = [f"{name} is not in the record" for name in found if name not in expected]
    for name, entry in expected.items():
        if name not in found:
            complaints.append(f"{name} is missing")
        elif found[name] != entry:
            complaints.append(f"{name} does not match the record: its sha256 differs")
    return passed_or_failed(
        "files", "digests", complaints, f"sha256 of {count(len(found), 'file')}"
    )


def _named(
    folder: Path, private: Iterable[str], unwritten: Mapping[str, bytes] = MappingProxyType({})
) -> Iterator[str]:
    """Complaints about paths of this machine in any file."""
    forbidden = sorted({text for text in (*private, *_of_this_machine()) if _is_private(text)})
    needles = {text: (os.fsencode(text.rstrip("/")), _whole_path(text)) for text in forbidden}
    for name, content in _texts(folder, unwritten):
        for text, (needle, pattern) in needles.items():
            # The pattern alone takes a hundred times as long.
            if needle in content and pattern.search(content):
                yield f"{name} contains {text}"


def _texts(folder: Path, unwritten: Mapping[str, bytes]) -> Iterator[tuple[str, bytes]]:
    """Names of files with the parts of them that may be text."""
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        yield path.relative_to(folder).as_posix(), _text_of(path)
    yield from unwritten.items()


def _is_private(path: str) -> bool:
    return Path(path).is_absolute() and path != "/"


def _whole_path(text: str) -> re.Pattern[bytes]:
    """Matches a path and everything below it, but not the middle of a variable's name.

    The byte before it may look like part of a name: in protos it is a string's length.
    """
    path = re.escape(os.fsencode(text.rstrip("/")))
    return re.compile(rb"(?<![\w./-]{2})" + path + rb"(?![\w.-])")


def _text_of(path: Path) -> bytes:
    """The parts that may be text: of the values of variables, only the strings.

    Among millions of numbers, any short text occurs by chance.
    """
    if not path.name.startswith("variables.data"):
        return foreign_files.read(path, foreign_files.LARGEST_PROTO)
    import tensorflow as tf

    prefix = path.parent / "variables"
    try:
        index_check.check(prefix, prefix.with_suffix(".index"))
        reader = tf.train.load_checkpoint(str(prefix))
    except (tf.errors.OpError, TableError, OSError):  # loading reports it
        return b""
    types = reader.get_variable_to_dtype_map()
    strings = [reader.get_tensor(name) for name, dtype in types.items() if dtype == tf.string]
    return b"\0".join(value for array in strings for value in np.ravel(array))


def _of_this_machine() -> list[str]:
    """Folders of users, of Python, and for temporary files."""
    found = [str(paths.home() or ""), str(Path.cwd()), sys.prefix, sysconfig.get_path("purelib")]
    found += [scratch.system_folder(), f"/home/{_user()}", f"/Users/{_user()}"]
    return [path for path in found if path not in ("", "/")]


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # this number has no name, as in some containers
        return ""
