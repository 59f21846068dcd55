"""Reads a checkpoint with TensorFlow, and names the file in every error."""

from __future__ import annotations

import contextlib
import dataclasses
import glob
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from slimhub.checkpoints import index_check, refusals, source_files
from slimhub.common.errors import CheckpointError
from slimhub.common.quiet_tensorflow import imported
from slimhub.common.text import printable

if TYPE_CHECKING:
    import numpy as np

_SHARD = re.compile(r"\.data-(\d{5})-of-(\d{5})$")
_SHOWN = 80  # characters of a name
_PATTERN = re.compile(r"[*?\[\\]")  # TensorFlow treats paths with these as patterns


@dataclasses.dataclass(frozen=True)
class TensorInfo:
    """Shape and dtype name of a tensor in a checkpoint."""

    shape: tuple[int, ...]
    dtype: str


class TensorReader:
    """The tensors of one checkpoint, V1 or V2."""

    def __init__(self, prefix: Path) -> None:
        """Opens a checkpoint.

        Args:
          prefix: path of a V1 file, or of a V2 checkpoint without `.index`.

        Raises:
          CheckpointError: if a file is missing or damaged.
        """
        _require_plain(prefix)
        self.prefix = prefix
        self.files = files_of(prefix)
        tf = imported()

        # What TensorFlow's reader raises for damaged files; IndexError if data are truncated.
        others = (IndexError, MemoryError, RuntimeError, TypeError, ValueError)
        self._errors = (tf.errors.OpError, *others)
        with self._naming_file(self.files[0]):
            index_check.check(prefix, self.files[0])
            self._reader = tf.train.load_checkpoint(str(prefix))
            shapes = self._reader.get_variable_to_shape_map()
            dtypes = self._reader.get_variable_to_dtype_map()
            self.tensors = {
                name: TensorInfo(tuple(shapes[name]), dtypes[name].name) for name in sorted(shapes)
            }
        require_printable(self.tensors, prefix.name)
        if not self.tensors:
            raise CheckpointError(
                f"{prefix.name} does not hold any tensors: pass another checkpoint"
            )

    def read(self, name: str) -> np.ndarray:
        """The value of a tensor.

        Raises:
          CheckpointError: if its bytes are damaged.
        """
        import numpy as np

        with self._naming_file(self.files[-1], tensor=name):
            return np.asarray(self._reader.get_tensor(name))

    def read_bytes(self, name: str) -> bytes:
        """The value of a tensor that is a string or a proto; numpy would drop trailing zeros.

        Raises:
          CheckpointError: if its bytes are damaged, or it is not a string.
        """
        with self._naming_file(self.files[-1], tensor=name):
            value = self._reader.get_tensor(name)
            if not isinstance(value, bytes):
                raise TypeError("it is not a string")
            return value

    @contextlib.contextmanager
    def _naming_file(self, file: Path, tensor: str = "") -> Iterator[None]:
        try:
            yield
        except self._errors as error:
            shard = (
                _SHARD.sub(r".data-?????-of-\2", file.name) if len(self.files) > 2 else file.name
            )
            what = f"the tensor {tensor} in {shard}" if tensor else file.name
            reason = _first_sentence(error, file.parent)
            raise CheckpointError(
                f"{what} is damaged and cannot be read ({reason}): copy or download the checkpoint "
                "again"
            ) from error


def list_tensors(prefix: Path) -> list[str]:
    """Names of the tensors of a checkpoint; only its index needs to be there."""
    _require_plain(prefix)
    if not _index_of(prefix).is_file():
        files_of(prefix)  # raises for what is missing
    tf = imported()

    try:
        index = _index_of(prefix)
        index_check.check(prefix, index if index.is_file() else prefix)
        return [name for name, _ in tf.train.list_variables(str(prefix))]
    except (tf.errors.OpError, ValueError, RuntimeError) as error:
        reason = _first_sentence(error, prefix.parent)
        raise CheckpointError(
            f"{prefix.name} is damaged and cannot be read ({reason}): copy or download the "
            "checkpoint again"
        ) from error


def require_printable(tensors: Iterable[str], source: str) -> None:
    """Refuses names that would control a terminal, or look like other lines of a message.

    Args:
      tensors: names of all tensors.
      source: base name of the file.

    Raises:
      CheckpointError: names the first one.
    """
    bad = next((name for name in tensors if not name.isprintable()), None)
    if bad is not None:
        raise CheckpointError(
            f"{source} holds a tensor whose name has control characters, "
            f"{printable(bad[:_SHOWN])}: get the checkpoint from a source you trust"
        )


def _first_sentence(error: BaseException, folder: Path) -> str:
    """TensorFlow's message without the file's folder and what follows it."""
    text = str(getattr(error, "message", "") or error) or type(error).__name__
    text = text.replace(f"{folder}/", "")
    return printable(re.split(r": /|; |\n| in /", text)[0].strip()[:120])


def files_of(prefix: Path) -> list[Path]:
    """The files of a checkpoint, index first; V1 has a single file."""
    files = _files_of(prefix)
    # opened here as well: an unreadable file would look like a damaged one later
    for file in files:
        source_files.require_file(file)
        if source_files.is_pointer(file):
            raise source_files.refuse_pointer(file)
    return files


def _files_of(prefix: Path) -> list[Path]:
    index = _index_of(prefix)
    named = sorted(prefix.parent.glob(glob.escape(prefix.name) + ".data-*-of-*"))
    shards = [(shard, found) for shard in named if (found := _SHARD.search(shard.name))]
    if not index.is_file():
        if shards:
            raise CheckpointError(
                f"{index.name} is missing next to {shards[0][0].name}: copy it to the same folder"
            )
        if not prefix.is_file():
            raise CheckpointError(
                f"{index.name} is missing: copy it to the folder of its other files"
            )
        if not refusals.is_table(prefix):  # Keras and PyTorch also name files .ckpt
            raise refusals.refuse_file(prefix)
        return [prefix]
    total = int(shards[0][1][2]) if shards else 1
    expected = [f"{prefix.name}.data-{i:05}-of-{total:05}" for i in range(total)]
    missing = sorted(set(expected) - {shard.name for shard, _ in shards})
    if missing:
        raise CheckpointError(
            f"{missing[0]} is missing next to {index.name}: copy it to the same folder"
        )
    return [index, *(prefix.with_name(name) for name in expected)]


def _index_of(prefix: Path) -> Path:
    return prefix.with_name(prefix.name + ".index")


def _require_plain(prefix: Path) -> None:
    if _PATTERN.search(str(prefix)):
        raise CheckpointError(
            f"TensorFlow cannot read {prefix} because its path contains one of * ? [ \\: rename it"
        )
