"""An open checkpoint, or another source of weights."""

from __future__ import annotations

import contextlib
import dataclasses
import os
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Literal

from slimhub.checkpoints import (
    archives,
    downloads,
    foreign_averages,
    locator,
    names,
    selection,
    source_files,
)
from slimhub.checkpoints.checkpoint_digest import sha256_of_source
from slimhub.checkpoints.readers.tensor_source import Format, TensorSource
from slimhub.checkpoints.readers.tensor_view import TensorView
from slimhub.checkpoints.tensor_reader import TensorInfo, require_printable
from slimhub.common import files, foreign_files, paths
from slimhub.common.errors import CheckpointError, ChoiceError, option
from slimhub.common.progress import Transfer
from slimhub.common.text import count, listed

if TYPE_CHECKING:
    import numpy as np

_SHOWN = 5  # scopes listed in a message

HeldAverages = Literal["stored", "shadows", "unknown"]


@dataclasses.dataclass(frozen=True)
class Checkpoint:
    """The weights of a network in any supported format: names, shapes, dtypes and values.

    Attributes:
      label: its name inside the source; never an absolute path.
      source_name: base name of the given path, or the URL without credentials.
      source_sha256: hex digest of the given archive or file; for a folder or prefix, the digest of
        the lines `<sha256>  <base name>` of its files, graph and index first.
      format: `V1` (one file) or `V2` (index and data) of TensorFlow 1's Saver, or another `Format`.
      tensors: shape and dtype by name.
      step: training step, if known.
      candidates: labels of all checkpoints in the source.
      choice: why this one was chosen, in words.
      prefix: path by which TensorFlow's own readers open it, valid until it is closed; for graphs
        and HDF5, the path of the file.
      scope: prefix of the network's names in the source, with a trailing slash; stripped from the
        names in `tensors`; empty if there is none.
      notes: remarks on names that differ in the source.
      graph_files: files that may hold the graph in which the weights were trained or used, the
        likeliest first; valid until it is closed.
    """

    label: str
    source_name: str
    source_sha256: str
    format: Format
    tensors: dict[str, TensorInfo]
    step: int | None
    candidates: tuple[str, ...]
    choice: str
    prefix: Path
    scope: str
    notes: tuple[str, ...]
    graph_files: tuple[Path, ...]
    _is_averaged: bool = dataclasses.field(repr=False)
    _stamps: dict[Path, tuple[int, ...]] = dataclasses.field(repr=False)
    _reader: TensorSource = dataclasses.field(repr=False)
    _resources: contextlib.ExitStack = dataclasses.field(repr=False)

    @property
    def averages(self) -> HeldAverages:
        """How the checkpoint holds moving averages.

        `shadows`: next to the raw values, under `X/ExponentialMovingAverage`. `stored`: under the
        plain names, as the folder name `ema` says. `unknown`: nothing says what the plain names
        hold.
        """
        if any(name.endswith(names.SHADOW) for name in self.tensors):
            return "shadows"
        return "stored" if self._is_averaged else "unknown"

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Shapes by variable name; a shadow without a raw value counts under its variable."""
        plain = {name: tuple(info.shape) for name, info in self.tensors.items()}
        shadows = {
            names.base_of(name): shape
            for name, shape in plain.items()
            if name.endswith(names.SHADOW)
        }
        return shadows | plain

    def shadow_of(self, variable: str) -> str | None:
        """The tensor with the moving average of a variable, or None."""
        name = variable + names.SHADOW
        return name if name in self.tensors else None

    def read(self, name: str) -> np.ndarray:
        """Reads the value of a tensor.

        Raises:
          CheckpointError: if its bytes are damaged.
        """
        return self._reader.read(name)

    def scoped(self, scope: str) -> Checkpoint:
        """The part of the checkpoint below a scope, under names without that scope.

        Args:
          scope: the prefix, with or without a trailing slash.

        Returns:
          Another view of the same checkpoint; closing either closes both.

        Raises:
          CheckpointError: if the scope is empty.
        """
        prefix = scope.strip("/") + "/"
        inside = {n.removeprefix(prefix): n for n in self.tensors if n.startswith(prefix)}
        if not inside:
            tops = sorted({name.split("/")[0] for name in self.tensors if "/" in name})
            raise CheckpointError(
                f"{self.label} has no tensors in the scope {prefix}: its scopes are "
                f"{listed(tops, _SHOWN) or 'none'}"
            )
        outside = len(self.tensors) - len(inside)
        left = f", {count(outside, 'tensor')} outside it" if outside else ""
        return dataclasses.replace(
            self,
            tensors={name: self.tensors[stored] for name, stored in inside.items()},
            scope=self.scope + prefix,
            notes=(*self.notes, f"taken from the scope {prefix}{left}"),
            _reader=TensorView(self._reader, inside),
        )

    def check_unchanged(self) -> None:
        """Refuses what was read from files that were replaced or written to since.

        Raises:
          CheckpointError: names the file; its digest may not be that of the values.
        """
        _check_stamps(self._stamps)

    def close(self) -> None:
        """Removes unpacked files; the values can no longer be read."""
        self._resources.close()

    def __enter__(self) -> Checkpoint:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def open(
    source: str | os.PathLike[str],
    *,
    name: str | None = None,
    averages: selection.Averages = "auto",
    scope: str | None = None,
    sha256: str | None = None,
    cache: Path | None = None,
    max_unpacked_bytes: int = archives.MAX_UNPACKED_BYTES,
    progress: Transfer | None = None,
) -> Checkpoint:
    """Opens a checkpoint.

    Args:
      source: archive, its URL (http, https, gs), folder, a folder above it, prefix, or one of its
        files; also a frozen graph, a SavedModel, or Keras weights.
      name: which checkpoint to open if there are several: its label, or the end or a part of it.
      averages: which kind to prefer if there are several, see `plan`.
      scope: prefix of the network's names, see `Checkpoint.scoped`.
      sha256: hex digest that the archive or file must have.
      cache: folder for downloads; the user's cache folder by default.
      max_unpacked_bytes: refuse an archive that would unpack to more.
      progress: called during downloads with (what, bytes done, total bytes or None).

    Returns:
      The checkpoint. Close it, or use it in a `with` statement, to remove temporary files.

    Raises:
      CheckpointError: if it cannot be opened; nothing is left on disk.
    """
    text = os.fspath(source)
    if not text.strip() or "\0" in text:  # an empty path would mean the current folder
        raise CheckpointError(
            "the checkpoint path is empty or malformed: pass the path of a checkpoint"
        )
    sha256 = sha256.lower() if sha256 else None
    query = selection.CheckpointQuery(name, averages)
    if not downloads.is_url(text):
        path = paths.expanded(text)
        opened = _open(path, paths.resolved(path).name, query, sha256, max_unpacked_bytes)
        return _scoped(opened, scope)
    path = downloads.fetch(text, sha256, cache, progress)
    try:
        opened = _open(path, downloads.public_name(text), query, sha256, max_unpacked_bytes)
    except ChoiceError:
        raise
    except CheckpointError:  # so that the next attempt downloads it again
        downloads.discard(path)
        raise
    return _scoped(opened, scope)


def _scoped(opened: Checkpoint, scope: str | None) -> Checkpoint:
    if scope is None:
        return opened
    try:
        return opened.scoped(scope)
    except CheckpointError:
        opened.close()
        raise


def digest(
    source: str | os.PathLike[str],
    *,
    name: str | None = None,
    averages: selection.Averages = "auto",
    sha256: str | None = None,
    fetches: bool = True,
) -> str | None:
    """Computes `Checkpoint.source_sha256`, usually without unpacking or TensorFlow.

    Args:
      source: see `open`.
      name: see `open`.
      averages: see `open`.
      sha256: see `open`.
      fetches: whether to download a URL whose digest is not given.

    Returns:
      The digest, or None if the source would have to be downloaded.

    Raises:
      CheckpointError: if there is no such checkpoint.
    """
    text = os.fspath(source)
    if downloads.is_url(text):
        if sha256 or not fetches:
            return sha256 and sha256.lower()
        path = downloads.fetch(text, None, None, None)
    else:
        path = paths.expanded(text)
    with contextlib.ExitStack() as resources, _readable_or_refused(path.name):
        known = _check_digest(path, sha256 and sha256.lower())
        if known is not None:
            return known
        query = selection.CheckpointQuery(name, averages)
        found = locator.locate(path, query, archives.MAX_UNPACKED_BYTES, resources)
        return sha256_of_source(found.kind.list_files(found.path))


def _open(
    path: Path,
    source_name: str,
    query: selection.CheckpointQuery,
    sha256: str | None,
    max_unpacked_bytes: int,
) -> Checkpoint:
    with contextlib.ExitStack() as resources, _readable_or_refused(source_name):
        stamps = {path: foreign_files.stamp(path)} if locator.is_one_file(path) else {}
        digest = _check_digest(path, sha256)
        found = locator.locate(path, query, max_unpacked_bytes, resources)
        used = found.kind.list_files(found.path)
        for file in used:
            source_files.require_file(file)
        _check_stamps(stamps)
        # What was unpacked is this process's own, once it is known to be what was digested.
        is_unpacked = path in stamps and path not in used
        kept = {} if is_unpacked else {file: foreign_files.stamp(file) for file in used} | stamps
        digest = digest or sha256_of_source(used)
        reader, notes = _with_usual_averages(found.kind.open_source(found.path))
        require_printable(reader.tensors, source_name)
        _check_stamps(kept)
        return Checkpoint(
            label=found.label,
            source_name=source_name,
            source_sha256=digest,
            format=reader.format,
            tensors=reader.tensors,
            step=_step(reader),
            candidates=found.candidates,
            choice=found.reason,
            prefix=reader.prefix,
            scope="",
            notes=notes,
            graph_files=(reader.graph_file,) if reader.graph_file else found.graphs,
            _is_averaged=found.is_averaged,
            _stamps=kept,
            _reader=reader,
            _resources=resources.pop_all(),
        )


def _with_usual_averages(reader: TensorSource) -> tuple[TensorSource, tuple[str, ...]]:
    """Renames averages to the usual form; also returns a note about those that had another."""
    shapes = {name: tuple(info.shape) for name, info in reader.tensors.items()}
    renamed = foreign_averages.find(shapes)
    if not renamed:
        return reader, ()
    given = set(renamed.values())
    stored = {name: name for name in reader.tensors if name not in given} | renamed
    note = f"{count(len(renamed), 'average')} named in another form, such as {min(given)}"
    return TensorView(reader, stored), (note,)


def _step(reader: TensorSource) -> int | None:
    """The training step that a source holds, or the one in its name."""
    for name, info in reader.tensors.items():
        is_number = info.shape == () and info.dtype in ("int32", "int64")
        if is_number and names.expected_kind(name) == "training step":
            return int(reader.read(name))
    # The number at the end of an object-based checkpoint is a save counter, not a step.
    return None if reader.format == "object_based" else names.step_of(reader.prefix.name)


def _check_stamps(stamps: dict[Path, tuple[int, ...]]) -> None:
    for path, stamp in stamps.items():
        if not path.exists() or foreign_files.stamp(path) != stamp:
            raise CheckpointError(
                f"{path.name} was replaced or written to while it was read: run the command again "
                "when nothing writes there"
            )


@contextlib.contextmanager
def _readable_or_refused(source_name: str) -> Iterator[None]:
    try:
        yield
    except PermissionError as error:
        name = paths.resolved(error.filename).name if error.filename else source_name
        raise CheckpointError(
            f"cannot read {name}: {error.strerror}; check its permissions"
        ) from error


def _check_digest(path: Path, expected: str | None) -> str | None:
    """The digest of a source that is one file with a whole checkpoint; None for others."""
    if not locator.is_one_file(path):
        if expected and (path.exists() or locator.is_prefix(path)):
            raise CheckpointError(
                f"{option('sha256')} applies to archives and single files, and {path.name} "
                "is neither: leave it out"
            )
        return None
    digest = files.sha256_of(path)
    if expected and digest != expected:
        raise CheckpointError(
            f"{path.name} has the sha256 {digest}, not {expected}: check the digest, or "
            "download the file again"
        )
    return digest
