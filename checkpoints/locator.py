"""Finds the source of weights that a path refers to."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import os
from pathlib import Path, PurePosixPath

from slimhub.checkpoints import (
    archives,
    downloads,
    names,
    original_graphs,
    refusals,
    selection,
    source_files,
    state_files,
)
from slimhub.checkpoints.readers import source_kinds
from slimhub.checkpoints.readers.tensor_source import SourceKind
from slimhub.common import paths
from slimhub.common.errors import CheckpointError
from slimhub.common.scratch import ScratchFolder

_MAX_DEPTH = 4  # depth of folders that are searched
_MAX_FILES = 20_000  # files in them; a folder with more is not a checkpoint folder


@dataclasses.dataclass(frozen=True)
class Located:
    """One source on the local disk.

    Attributes:
      kind: what it is.
      path: in the form its kind takes: a prefix or a file.
      label: its name inside the source.
      reason: why this one was chosen.
      candidates: labels of all sources of this kind.
      graphs: files next to it that may hold its graph, see `original_graphs`.
    """

    kind: SourceKind
    path: Path
    label: str
    reason: str
    candidates: tuple[str, ...]
    graphs: tuple[Path, ...] = ()

    @property
    def is_averaged(self) -> bool:
        """Whether plain names hold averages, however the checkpoint was named.

        If the folder itself, a prefix or a file in it was given, the label lacks the folder.
        """
        folder = paths.resolved(self.path.parent).name
        return selection.holds_averages(f"{folder}/{self.label}")


def locate(
    path: Path,
    query: selection.CheckpointQuery,
    max_unpacked_bytes: int,
    resources: contextlib.ExitStack,
) -> Located:
    """Finds the source that a local path refers to.

    Args:
      path: folder, archive, file or prefix.
      query: which one to take if there are several.
      max_unpacked_bytes: limit for archives.
      resources: takes over the temporary folder of an archive.

    Raises:
      CheckpointError: if there is no source, or the choice is ambiguous.
    """
    if path.is_dir():
        return _in_folder(path, query)
    if path.is_file():
        prefix = state_files.prefix_of_file(path)
        if prefix is not None:
            return _alone(source_kinds.CHECKPOINTS, prefix, query)
        if refusals.is_archive(path):
            return _in_archive(path, query, max_unpacked_bytes, resources)
        kind = source_kinds.of_file(path)
        if kind is not None and not source_files.is_pointer(path):
            return _alone(kind, kind.locate_file(path), query)
        raise refusals.refuse_file(path)
    if is_prefix(path):
        return _alone(source_kinds.CHECKPOINTS, path, query)
    raise refusals.refuse_missing(path)


def check_presence(source: str | os.PathLike[str]) -> None:
    """Refuses a path with nothing there, at once and without TensorFlow; a URL is not asked.

    Args:
      source: local path or URL.

    Raises:
      MissingCheckpointError: names what is near.
    """
    text = os.fspath(source)
    path = paths.expanded(text)
    with contextlib.suppress(PermissionError):  # opening says what is wrong with it
        if not downloads.is_url(text) and not path.exists() and not is_prefix(path):
            raise refusals.refuse_missing(path)


def is_prefix(path: Path) -> bool:
    """Whether a path is the common prefix of a checkpoint's files."""
    folder = path.parent
    return folder.is_dir() and any(
        names.prefix_of(entry.name) == path.name for entry in folder.iterdir()
    )


def is_one_file(path: Path) -> bool:
    """Whether a path is a file that is, or contains, a whole source."""
    return (
        path.is_file()
        and state_files.prefix_of_file(path) is None
        and not source_kinds.is_part_of_folder(path)
    )


def _alone(kind: SourceKind, path: Path, query: selection.CheckpointQuery) -> Located:
    if query.name is not None:
        selection.named([path.name], path.name, query.name)
    graphs = tuple(original_graphs.beside(path)) if kind is source_kinds.CHECKPOINTS else ()
    return Located(kind, path, path.name, "the one you named", (path.name,), graphs)


def _in_folder(folder: Path, query: selection.CheckpointQuery) -> Located:
    files = _walk(folder)
    where = f"the folder {paths.resolved(folder).name}"
    found = source_kinds.find(files, query.name)
    if found is None:
        raise refusals.refuse_without_checkpoint(where, files)
    return _choose(folder, files, found, where, query)


def _choose(
    folder: Path,
    files: list[str],
    found: source_kinds.Found,
    where: str,
    query: selection.CheckpointQuery,
) -> Located:
    """Picks a source in a folder; sources that are not picked only need their index files."""
    kind, labels = found
    preferred, reason = kind.prefer(labels) if query.name is None else (labels, "")
    if len(preferred) == 1 < len(labels):
        choice = selection.Choice(preferred[0], f"one of {len(labels)}, {reason}")
    else:
        choice = selection.choose(
            preferred or labels,
            where,
            query=query,
            latest=state_files.find_latest(folder, files),
            has_shadows=lambda label: kind.has_shadows(kind.locate_label(folder, label)),
        )
    path = kind.locate_label(folder, choice.label)
    found_graphs = original_graphs.find(files, choice.label)
    graphs = tuple(folder / file for file in found_graphs)
    is_checkpoint = kind is source_kinds.CHECKPOINTS
    return Located(
        kind, path, choice.label, choice.reason, tuple(labels), graphs if is_checkpoint else ()
    )


def _walk(folder: Path) -> list[str]:
    """Relative names of the files in a folder, at any depth."""
    found: list[str] = []
    for parent, folders, files in os.walk(folder, onerror=_raise):
        relative = Path(parent).relative_to(folder)
        if len(relative.parts) >= _MAX_DEPTH:
            folders.clear()
        found += [(relative / file).as_posix() for file in files]
        if len(found) > _MAX_FILES:
            raise CheckpointError(
                f"{folder} holds more than {_MAX_FILES} files: pass the folder of the "
                "checkpoint itself"
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
    found = source_kinds.find(files, query.name)
    if found is None:
        raise refusals.refuse_archive(path, files)
    kind, labels = found
    folder = Path(resources.enter_context(ScratchFolder()))
    if len(labels) > 1:  # what the choice may need: tensor names and state files
        describes = functools.partial(_describes_contents, labels=labels)
        archives.unpack(path, describes, folder, max_unpacked_bytes)
    located = _choose(folder, files, found, f"the archive {path.name}", query)
    graphs = {graph.relative_to(folder).as_posix() for graph in located.graphs}

    def is_needed(file: str) -> bool:
        return kind.is_part(file, located.label) or file in graphs

    archives.unpack(path, is_needed, folder, max_unpacked_bytes)
    return located


def _describes_contents(file: str, labels: list[str]) -> bool:
    is_state = PurePosixPath(file).name == state_files.NAME
    return is_state or file.endswith(".index") or (names.is_v1_name(file) and file in labels)
