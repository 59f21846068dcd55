"""From what the user named to the one checkpoint that is meant."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import re
import tempfile
from pathlib import Path, PurePosixPath

from slimhub.checkpoints import archives, names, refusals, selection, tensor_reader
from slimhub.common.errors import CheckpointError

_STATE_FILE = "checkpoint"  # what TensorFlow 1's Saver calls it
_LATEST = re.compile(r'^model_checkpoint_path:\s*"([^"]*)"', re.MULTILINE)
_MAX_DEPTH = 4  # folders below the one given that are searched
_MAX_FILES = 20_000  # in them; more is no folder of checkpoints


@dataclasses.dataclass(frozen=True)
class Located:
    """One checkpoint on the local disk.

    Attributes:
      prefix: path of the V1 file, or of the V2 files without their endings.
      label: what it is called inside its source.
      reason: why this one.
      candidates: labels of all in the source.
    """

    prefix: Path
    label: str
    reason: str
    candidates: tuple[str, ...]

    @property
    def is_averaged(self) -> bool:
        """Whether plain names hold averages; the same however the checkpoint was named.

        The label lacks the folder where that, a prefix or a file in it was given.
        """
        folder = self.prefix.parent.resolve().name
        return selection.holds_averages(f"{folder}/{self.label}")


def locate(
    path: Path,
    query: selection.CheckpointQuery,
    max_unpacked_bytes: int,
    resources: contextlib.ExitStack,
) -> Located:
    """Finds the checkpoint that a local path means.

    Args:
      path: folder, archive, file or prefix.
      query: which of several.
      max_unpacked_bytes: bound for archives.
      resources: takes the temporary folder of an archive.

    Raises:
      CheckpointError: where there is none, or no single one.
    """
    if path.is_dir():
        return _in_folder(path, query)
    if path.is_file():
        prefix = names.prefix_of(path.name)
        if prefix is not None:
            return _alone(path.with_name(prefix), query)
        if refusals.is_archive(path):
            return _in_archive(path, query, max_unpacked_bytes, resources)
        if refusals.is_table(path):
            return _alone(path, query)
        raise refusals.refuse_file(path)
    if is_prefix(path):
        return _alone(path, query)
    raise refusals.refuse_missing(path)


def is_prefix(path: Path) -> bool:
    """Whether a path is that of files without their endings."""
    folder = path.parent
    return folder.is_dir() and any(
        names.prefix_of(entry.name) == path.name for entry in folder.iterdir()
    )


def _alone(prefix: Path, query: selection.CheckpointQuery) -> Located:
    if query.name is not None:
        selection.named([prefix.name], prefix.name, query.name)
    return Located(prefix, prefix.name, "the one that was named", (prefix.name,))


def _in_folder(folder: Path, query: selection.CheckpointQuery) -> Located:
    files = _walk(folder)
    if "saved_model.pb" in files:
        raise refusals.refuse_saved_model(folder)
    labels = selection.candidates(files)
    where = f"the folder {folder.resolve().name}"
    if not labels:
        raise refusals.refuse_without_checkpoint(where, files)
    return _choose(folder, files, labels, where, query)


def _choose(
    folder: Path, files: list[str], labels: list[str], where: str, query: selection.CheckpointQuery
) -> Located:
    """Picks one of the checkpoints in a folder; of those not picked only indexes need be there."""
    choice = selection.choose(
        labels,
        where,
        query=query,
        latest=_latest(folder, files),
        has_shadows=lambda label: _has_shadows(folder / label),
    )
    return Located(folder / choice.label, choice.label, choice.reason, tuple(labels))


def _walk(folder: Path) -> list[str]:
    """Relative names of the files in a folder and below it."""
    found: list[str] = []
    for parent, folders, files in os.walk(folder, onerror=_raise):
        relative = Path(parent).relative_to(folder)
        if len(relative.parts) >= _MAX_DEPTH:
            folders.clear()
        found += [(relative / file).as_posix() for file in files]
        if len(found) > _MAX_FILES:
            raise CheckpointError(
                f"{folder} holds more than {_MAX_FILES} files: name the checkpoint's own folder"
            )
    return found


def _raise(error: OSError) -> None:
    raise error


def _in_archive(
    path: Path,
    query: selection.CheckpointQuery,
    max_unpacked_bytes: int,
    resources: contextlib.ExitStack,
) -> Located:
    files = archives.list_files(path, max_unpacked_bytes)
    labels = selection.candidates(files)
    where = f"the archive {path.name}"
    if not labels:
        raise refusals.refuse_without_checkpoint(where, files)
    folder = Path(resources.enter_context(tempfile.TemporaryDirectory(prefix="slimhub-")))
    if len(labels) > 1:  # what the choice may need: names of tensors and state files
        archives.unpack(path, lambda file: _tells_of_contents(file, labels), folder)
    located = _choose(folder, files, labels, where, query)
    archives.unpack(path, lambda file: _belongs_to(file, located.label), folder)
    return located


def _tells_of_contents(file: str, labels: list[str]) -> bool:
    is_state = PurePosixPath(file).name == _STATE_FILE
    return is_state or file.endswith(".index") or file in labels


def _belongs_to(file: str, label: str) -> bool:
    return file == label or (names.prefix_of(file) == label and not file.endswith(".meta"))


def _latest(folder: Path, files: list[str]) -> dict[str, str]:
    """The base name each folder's state file gives; its path is another machine's."""
    latest = {}
    for file in files:
        path = folder / file
        if path.name == _STATE_FILE and path.is_file():
            match = _LATEST.search(path.read_text("utf-8", "replace"))
            if match:
                latest[str(PurePosixPath(file).parent)] = re.split(r"[/\\]", match[1])[-1]
    return latest


def _has_shadows(prefix: Path) -> bool:
    tensors = tensor_reader.list_tensors(prefix)
    return any(name.endswith(names.SHADOW) for name in tensors)
