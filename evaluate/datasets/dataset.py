"""A data set as the list of its shards; no picture is read yet."""

from __future__ import annotations

import collections
import dataclasses
import hashlib
from collections.abc import Iterable, Sequence
from typing import TypeAlias

from slimhub.common.errors import RequestError, option

SHARD = 1024  # pictures; what an interrupted evaluation has to repeat at most
SLIM_KEYS = ("image/encoded", "image/class/label")  # of a record, as TF-Slim's tools write it


@dataclasses.dataclass(frozen=True)
class FileShard:
    """Pictures in files of their own.

    Attributes:
      paths: of the files.
      names: of the files, as messages and the digest have them.
      labels: of the data, as integers.
    """

    paths: tuple[str, ...]
    names: tuple[str, ...]
    labels: tuple[int, ...]

    @property
    def count(self) -> int:
        """How many pictures."""
        return len(self.paths)

    def name_of(self, index: int) -> str:
        """What one picture is called in messages."""
        return self.names[index]


@dataclasses.dataclass(frozen=True)
class RecordShard:
    """Consecutive records of one file.

    Attributes:
      path: of the file.
      name: of the file, as messages and the digest have it.
      start: number of the first record, from 0.
      offset: where it begins in the file, bytes.
      count: how many pictures.
      keys: of the features of a record, the encoded picture and its label.
    """

    path: str
    name: str
    start: int
    offset: int
    count: int
    keys: tuple[str, str] = SLIM_KEYS

    def name_of(self, index: int) -> str:
        """What one picture is called in messages."""
        return f"record {self.start + index} of {self.name}"


Shard: TypeAlias = FileShard | RecordShard


@dataclasses.dataclass(frozen=True)
class DataFile:
    """A file of a data set.

    Attributes:
      path: of the file.
      name: what it is called in messages and in the digest of the data set.
      digest: its sha256, 32 bytes; empty for a picture that cannot be read.
    """

    path: str
    name: str
    digest: bytes


@dataclasses.dataclass(frozen=True)
class Dataset:
    """Labeled pictures.

    Attributes:
      name: what the user calls it, without the folders above it.
      kind: `class folders`, `TFRecords`, `table` or `TensorFlow Datasets`.
      split: part of the data, empty for all of it.
      shards: in a fixed order.
      class_names: what each label of the data is called, by number; empty if they have no names.
      sha256: of the list of files, one line `NAME<tab>SHA256` each, with `<tab>LABEL` for files of
        one picture: the digest changes with any byte of the data.
      files: that hold the pictures.
      notes: what people should know about what was found.
    """

    name: str
    kind: str
    split: str
    shards: tuple[Shard, ...]
    class_names: tuple[str, ...]
    sha256: str
    files: tuple[DataFile, ...]
    notes: tuple[str, ...] = ()

    @property
    def count(self) -> int:
        """How many pictures there are, damaged ones among them."""
        return sum(shard.count for shard in self.shards)

    @property
    def labels_sha256(self) -> str:
        """Digest of the label of each file, and of what labels are called: `renamed` changes it."""
        labels = (
            str(label)
            for shard in self.shards
            if isinstance(shard, FileShard)
            for label in shard.labels
        )
        return digest_lines((*map(repr, self.class_names), *labels))

    def renamed(self, names: Sequence[str]) -> Dataset:
        """The same pictures with labels that a user names.

        Args:
          names: by number. Files whose labels have names already get the numbers of those names;
            in records the labels are numbers.

        Raises:
          RequestError: if a name of a label is not among them, or is there twice.
        """
        if not self.class_names or isinstance(self.shards[0], RecordShard):
            return dataclasses.replace(self, class_names=tuple(names))
        places = {name: number for number, name in enumerate(names)}
        missing = [name for name in self.class_names if name not in places]
        if missing:
            raise RequestError(
                f"{option('labels')}: {missing[0]!r}, a class of {self.name}, is not among the "
                f"{len(names)} names"
            )
        counts = collections.Counter(names)
        twice = [name for name in self.class_names if counts[name] > 1]
        if twice:
            raise RequestError(
                f"{option('labels')}: {twice[0]!r}, a class of {self.name}, is there twice"
            )
        numbers = [places[name] for name in self.class_names]
        shards = tuple(
            dataclasses.replace(shard, labels=tuple(numbers[label] for label in shard.labels))
            if isinstance(shard, FileShard)
            else shard
            for shard in self.shards
        )
        return dataclasses.replace(self, shards=shards, class_names=tuple(names))


@dataclasses.dataclass(frozen=True)
class PictureFile(DataFile):
    """A file with one picture.

    Attributes:
      label: of the data.
    """

    label: int


def shards_of_files(found: Sequence[PictureFile]) -> tuple[Shard, ...]:
    """Shards of pictures in files of their own, in the order of the files."""
    parts = [found[start : start + SHARD] for start in range(0, len(found), SHARD)]
    return tuple(
        FileShard(
            tuple(file.path for file in part),
            tuple(file.name for file in part),
            tuple(file.label for file in part),
        )
        for part in parts
    )


def digest_files(found: Iterable[PictureFile]) -> str:
    """The digest of a list of pictures, see `Dataset.sha256`."""
    return digest_lines(f"{file.name}\t{file.digest.hex()}\t{file.label}" for file in found)


def digest_lines(lines: Iterable[str]) -> str:
    """Hex sha256 of lines, each of which ends in a newline."""
    digest = hashlib.sha256()
    for line in lines:
        digest.update(f"{line}\n".encode("utf-8", "surrogateescape"))
    return digest.hexdigest()
