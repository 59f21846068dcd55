"""An opened checkpoint, or another source of weights."""

from __future__ import annotations

import contextlib
import dataclasses
import os
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Literal

import numpy as np

from slimhub.checkpoints import (
    archives,
    downloads,
    foreign_averages,
    locator,
    names,
    selection,
)
from slimhub.checkpoints.checkpoint_digest import sha256_of_source
from slimhub.checkpoints.readers.tensor_source import Format, TensorSource
from slimhub.checkpoints.readers.tensor_view import TensorView
from slimhub.checkpoints.tensor_reader import TensorInfo
from slimhub.common import files
from slimhub.common.errors import CheckpointError, ChoiceError, option
from slimhub.common.progress import Transfer
from slimhub.common.text import listed

_SHOWN = 5  # scopes that a message lists

HeldAverages = Literal["stored", "shadows", "unknown"]


@dataclasses.dataclass(frozen=True)
class Checkpoint:
    """Weights of a network, whatever they are kept in: names, shapes, dtypes and values.

    Attributes:
      label: what it is called inside its source; never an absolute path.
      source_name: base name of what was given, or its URL without credentials.
      source_sha256: hex digest of the archive or file given; for a folder or prefix, of the
        lines `<sha256>  <base name>` of its files, graph and index first.
      format: what it is: `V1` (one file) or `V2` (index and data) of TensorFlow 1's Saver, or
        another `Format`.
      tensors: shape and dtype by name.
      step: of the training, where known.
      candidates: labels of all checkpoints in the source.
      choice: why this one of them, in words.
      prefix: path by which TensorFlow's own readers open it, until it is closed; of graphs and
        HDF5 their file.
      scope: prefix in front of the network's names in the source, with a slash at its end, which
        `tensors` are without; empty where there is none.
      notes: what is to be said of names that are others in the source.
      graph_files: files with graphs that the weights may have been trained or used in, until it
        is closed; the likeliest first.
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
    _reader: TensorSource = dataclasses.field(repr=False)
    _resources: contextlib.ExitStack = dataclasses.field(repr=False)

    @property
    def averages(self) -> HeldAverages:
        """How moving averages are in it.

        `shadows`: beside the raw values, under `X/ExponentialMovingAverage`. `stored`: under
        the plain names, as its folder `ema` says. `unknown`: nothing says what plain names hold.
        """
        if any(name.endswith(names.SHADOW) for name in self.tensors):
            return "shadows"
        return "stored" if self._is_averaged else "unknown"

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Shapes by the names that networks know: a shadow without a raw value goes by that."""
        plain = {name: tuple(info.shape) for name, info in self.tensors.items()}
        shadows = {
            names.base_of(name): shape
            for name, shape in plain.items()
            if name.endswith(names.SHADOW)
        }
        return shadows | plain

    def shadow_of(self, variable: str) -> str | None:
        """The name of the tensor with a variable's moving average, where there is one."""
        name = variable + names.SHADOW
        return name if name in self.tensors else None

    def read(self, name: str) -> np.ndarray:
        """The value of a tensor.

        Raises:
          CheckpointError: where its bytes are damaged.
        """
        return self._reader.read(name)

    def scoped(self, scope: str) -> Checkpoint:
        """The part of the checkpoint below a prefix, under the names without it.

        Args:
          scope: the prefix, with a slash at its end or without.

        Returns:
          Another view of the same checkpoint; close either.

        Raises:
          CheckpointError: where nothing is below it.
        """
        prefix = scope.strip("/") + "/"
        inside = {n.removeprefix(prefix): n for n in self.tensors if n.startswith(prefix)}
        if not inside:
            tops = sorted({name.split("/")[0] for name in self.tensors if "/" in name})
            raise CheckpointError(
                f"{self.label} has nothing below the scope {prefix}: its scopes are "
                f"{listed(tops, _SHOWN) or 'none'}"
            )
        outside = len(self.tensors) - len(inside)
        left = f", {outside} tensor{'s' * (outside != 1)} outside of it" if outside else ""
        return dataclasses.replace(
            self,
            tensors={name: self.tensors[stored] for name, stored in inside.items()},
            scope=self.scope + prefix,
            notes=(*self.notes, f"taken from below {prefix}{left}"),
            _reader=TensorView(self._reader, inside),
        )

    def close(self) -> None:
        """Removes what was unpacked; the values can no longer be read."""
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
      source: archive, its URL (http, https, gs), folder, folder above it, prefix, or one of
        its files; a frozen graph, a SavedModel, or Keras weights.
      name: which one, where there are several: label, end of it, or part of it.
      averages: which kind is preferred of several, see `plan`.
      scope: prefix in front of the network's names, see `Checkpoint.scoped`.
      sha256: hex digest that the archive or file must have.
      cache: folder for downloads; the user's cache folder by default.
      max_unpacked_bytes: an archive that would unpack to more is refused.
      progress: told of downloads: (what, bytes done, bytes in all or None).

    Returns:
      The checkpoint; close it, or use it in a with statement, to remove temporary files.

    Raises:
      CheckpointError: says what is wrong and what to do; nothing is left on disk.
    """
    text = os.fspath(source)
    if not text.strip() or "\0" in text:  # an empty path would mean the working folder
        raise CheckpointError("the path of the checkpoint is empty or malformed: give its path")
    sha256 = sha256.lower() if sha256 else None
    query = selection.CheckpointQuery(name, averages)
    if not downloads.is_url(text):
        path = Path(text).expanduser()
        opened = _open(path, path.resolve().name, query, sha256, max_unpacked_bytes)
        return _scoped(opened, scope)
    path = downloads.fetch(text, sha256, cache, progress)
    try:
        opened = _open(path, downloads.public_name(text), query, sha256, max_unpacked_bytes)
    except ChoiceError:
        raise
    except CheckpointError:  # the next attempt is to fetch it again
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
    """What `Checkpoint.source_sha256` would be, mostly without unpacking or TensorFlow.

    Args:
      source: as of `open`.
      name: as of `open`.
      averages: as of `open`.
      sha256: as of `open`.
      fetches: whether a URL whose digest is not given is downloaded.

    Returns:
      The digest, None where it would have to be fetched.

    Raises:
      CheckpointError: where there is no such checkpoint.
    """
    text = os.fspath(source)
    if downloads.is_url(text):
        if sha256 or not fetches:
            return sha256 and sha256.lower()
        path = downloads.fetch(text, None, None, None)
    else:
        path = Path(text).expanduser()
    with contextlib.ExitStack() as resources, _saying_what_may_not_be_read(path.name):
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
    with contextlib.ExitStack() as resources, _saying_what_may_not_be_read(source_name):
        digest = _check_digest(path, sha256)
        found = locator.locate(path, query, max_unpacked_bytes, resources)
        reader, notes = _with_usual_averages(found.kind.open_source(found.path))
        return Checkpoint(
            label=found.label,
            source_name=source_name,
            source_sha256=digest or sha256_of_source(found.kind.list_files(found.path)),
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
            _reader=reader,
            _resources=resources.pop_all(),
        )


def _with_usual_averages(reader: TensorSource) -> tuple[TensorSource, tuple[str, ...]]:
    """A source with averages under the usual names, and what to say of those that had others."""
    shapes = {name: tuple(info.shape) for name, info in reader.tensors.items()}
    renamed = foreign_averages.find(shapes)
    if not renamed:
        return reader, ()
    given = set(renamed.values())
    stored = {name: name for name in reader.tensors if name not in given} | renamed
    note = f"{len(renamed)} averages have names of another form, such as {min(given)}"
    return TensorView(reader, stored), (note,)


def _step(reader: TensorSource) -> int | None:
    """The training step a source holds, or the one in its name."""
    for name, info in reader.tensors.items():
        is_number = info.shape == () and info.dtype in ("int32", "int64")
        if is_number and names.expected_kind(name) == "training step":
            return int(reader.read(name))
    # The number at the end of an object-based checkpoint counts how often was saved.
    return None if reader.format == "object_based" else names.step_of(reader.prefix.name)


@contextlib.contextmanager
def _saying_what_may_not_be_read(source_name: str) -> Iterator[None]:
    try:
        yield
    except PermissionError as error:
        name = Path(error.filename).resolve().name if error.filename else source_name
        raise CheckpointError(f"{name} may not be read: {error.strerror}") from error


def _check_digest(path: Path, expected: str | None) -> str | None:
    """The digest of a source that is one file and holds a whole checkpoint; None for others."""
    if not locator.is_one_file(path):
        if expected and (path.exists() or locator.is_prefix(path)):
            raise CheckpointError(
                f"{option('sha256')} is for an archive or a single file, and {path.name} is neither"
            )
        return None
    digest = files.sha256_of(path)
    if expected and digest != expected:
        raise CheckpointError(
            f"{path.name} has the sha256 {digest}, not {expected}: check the digest, or get the "
            "file again"
        )
    return digest
