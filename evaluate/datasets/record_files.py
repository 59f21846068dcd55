"""TFRecord files of TF-Slim's form: features `image/encoded` and `image/class/label`."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from slimhub.common import files, foreign_files
from slimhub.common.errors import RequestError, option
from slimhub.evaluate.datasets import record_frames
from slimhub.evaluate.datasets.dataset import (
    SHARD,
    SLIM_KEYS,
    DataFile,
    Dataset,
    RecordShard,
    digest_lines,
)
from slimhub.evaluate.datasets.record_frames import FrameError
from slimhub.export import folder_classes, labels

KIND = "TFRecords"
_NAMES = labels.FILE_NAME  # beside the files, as TF-Slim's data set tools write it
_NOT_RECORDS = (".txt", ".json", ".csv", ".md", ".py", ".pbtxt")


def choose(found: Sequence[Path], split: str, name: str) -> list[Path]:
    """The files that hold records of a split, going by their names.

    Args:
      found: files of a folder, or those that a pattern matches.
      split: such as `validation`, which `flowers_validation_00000-of-00005.tfrecord` has; empty
        for all.
      name: of the data set.

    Raises:
      RequestError: if no split is named, and the files are of several.
    """
    usable = [
        path for path in found if path.suffix not in _NOT_RECORDS and not path.name.startswith(".")
    ]
    if not split:
        _check_one_part(usable, name)
    return sorted(path for path in usable if not split or _is_of(path, split))


def _is_of(path: Path, split: str) -> bool:
    return re.search(rf"(^|[_\-.]){re.escape(split)}([_\-.]|$)", path.name) is not None


def _check_one_part(paths: Sequence[Path], name: str) -> None:
    """Refuses pictures to train on among those to test with: figures of both would mean nothing."""
    parts = folder_classes.parts_in(path.name for path in paths)
    if len(parts) > 1:
        raise RequestError(
            f"{name} has files of the parts {' and '.join(parts)}: name one, such as "
            f"{option('split', parts[0])}"
        )


def read(
    paths: Sequence[Path], name: str, split: str, keys: tuple[str, str] = SLIM_KEYS
) -> Dataset:
    """The data set in TFRecord files.

    Args:
      paths: of the files, sorted.
      name: of the data set.
      split: part of the data, or empty.
      keys: see `RecordShard`.

    Returns:
      With the names in `labels.txt` beside the files, if that is there.

    Raises:
      RequestError: if there is no file, no record, or one is not a whole TFRecord file.
    """
    if not paths:
        raise RequestError(
            f"{name} holds neither folders of pictures nor TFRecord files"
            + (f" of the {option('split', split)}" if split else "")
        )
    shards: list[RecordShard] = []
    opened = []
    for path in paths:
        shards += _shards(path, keys)
        opened.append(DataFile(str(path), path.name, bytes.fromhex(files.sha256_of(path))))
    if not shards:
        raise RequestError(f"there are no records in {paths[0]}")
    beside = paths[0].parent / _NAMES
    names = labels.read_names(beside) if beside.is_file() else ()
    digest = digest_lines(f"{file.name}\t{file.digest.hex()}" for file in opened)
    return Dataset(name, KIND, split, tuple(shards), tuple(names), digest, tuple(opened))


def _shards(path: Path, keys: tuple[str, str]) -> Iterator[RecordShard]:
    try:
        with foreign_files.open_regular(path) as file:
            foreign_files.check_size(file, foreign_files.LARGEST_FILE)
            size = os.fstat(file.fileno()).st_size
            starts = list(record_frames.offsets(file, size))
    except FrameError as error:
        raise RequestError(f"{path} is not a TFRecord file that can be read: {error}") from error
    except OSError as error:
        raise RequestError(f"cannot read {path}: {error.strerror}") from error
    for start in range(0, len(starts), SHARD):
        count = min(SHARD, len(starts) - start)
        yield RecordShard(str(path), path.name, start, starts[start], count, keys)
