"""The files of an artifact: their names, their digests, and what must not be in them."""

from __future__ import annotations

import getpass
import re
import sys
import sysconfig
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from export import record
from export.verify.proof import Check, passed_or_failed

_ALLOWED = re.compile(
    r"saved_model\.pb|fingerprint\.pb|assets/[^/]+|assets\.extra/[^/]+|variables/variables\.[^/]+"
)
_NEEDED = ("saved_model.pb", "variables/variables.index")


def check(folder: Path, content: dict[str, Any] | None, private: Iterable[str]) -> list[Check]:
    """Checks the files.

    Args:
      folder: the artifact.
      content: its record, or None.
      private: paths that no file may name, besides those of this machine.
    """
    names = sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if not p.is_dir())
    return [
        passed_or_failed("files", "names", list(_names(names)), f"{len(names)} files"),
        _digests(folder, content),
        passed_or_failed("files", "no path or user of a machine", list(_named(folder, private))),
    ]


def _names(names: list[str]) -> Iterator[str]:
    for name in names:
        if not _ALLOWED.fullmatch(name):
            yield f"{name} does not belong into an artifact"
    for name in _NEEDED:
        if name not in names:
            yield f"{name} is missing"


def _digests(folder: Path, content: dict[str, Any] | None) -> Check:
    if content is None:
        return Check("files", "digests", "not run", f"there is no record {record.PATH}")
    expected, found = content.get("files", {}), record.describe_files(folder)
    complaints = [f"{name} is not in the record" for name in found if name not in expected]
    for name, entry in expected.items():
        if name not in found:
            complaints.append(f"{name} is missing")
        elif found[name] != entry:
            complaints.append(f"{name} is not the file of the record: its sha256 differs")
    return passed_or_failed("files", "digests", complaints, f"sha256 of {len(found)} files")


def _named(folder: Path, private: Iterable[str]) -> Iterator[str]:
    """Complaints about paths of this machine in any file."""
    forbidden = {text.encode() for text in (*private, *_of_this_machine()) if len(text) > 1}
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        content = path.read_bytes()
        for text in sorted(forbidden):
            if text in content:
                name = path.relative_to(folder).as_posix()
                yield f"{name} names {text.decode(errors='replace')}"


def _of_this_machine() -> list[str]:
    """Folders of the user and of Python, and the user's name as part of a path."""
    paths = [str(Path.home()), str(Path.cwd()), sys.prefix, sysconfig.get_path("purelib")]
    paths += [f"{tempfile.gettempdir()}/", f"/{_user()}/"]
    return [path for path in paths if path != "/"]


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # no name for this number, as in some containers
        return ""
