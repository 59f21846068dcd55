"""What is published: an artifact, and what its page adds to the record."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from slimhub.common.files import FileDigest, digest_file
from slimhub.evaluate.evaluation_record import EvaluationRecord
from slimhub.export.record import Record
from slimhub.publish.converted_files import SUFFIXES
from slimhub.publish.pages.measured_figures import Measured
from slimhub.publish.pages.publisher_texts import PublisherTexts

_STEM = "model"  # of files of other formats, in places that keep them beside the SavedModel


@dataclasses.dataclass(frozen=True)
class Package:
    """What to publish.

    Attributes:
      folder: of a verified artifact; with its signature, if it was signed.
      record: of the artifact.
      files: everything in the folder, by relative path with `/`, sorted.
      handle: `PUBLISHER/NAME/VERSION` for its page, or None.
      license: SPDX-like id such as `apache-2.0`, or None.
      dataset: id of the data it was trained on, or None if unknown.
      texts: of the publisher, or None.
      overwrite_card: whether a remote README may be replaced.
      also: files of other formats that were made from the artifact, by suffix, or None.
      url: address where the content of the target is read, if it is not the store's own.
      measured: figures of accuracy that were measured on it.
      evaluations: the evaluation records that they are from, by the suffix of the file of another
        format, empty for the artifact.
    """

    folder: Path
    record: Record
    files: dict[str, FileDigest]
    handle: str | None = None
    license: str | None = None
    dataset: str | None = None
    texts: PublisherTexts | None = None
    overwrite_card: bool = False
    url: str | None = None
    measured: Measured = ()
    evaluations: dict[str, EvaluationRecord] = dataclasses.field(default_factory=dict)
    also: dict[str, Path] | None = None

    def path(self, name: str) -> Path:
        """Where a file of `with_formats` is.

        Args:
          name: one of `files`.
        """
        suffix = name.removeprefix(_STEM)
        return self.also[suffix] if self.also and suffix in self.also else self.folder / name

    def with_formats(self) -> Package:
        """The package with the files of other formats among its files, as `model.tflite`."""
        more = {f"{_STEM}{suffix}": digest_file(path) for suffix, path in (self.also or {}).items()}
        return dataclasses.replace(self, files=self.files | more)

    def only_format(self, suffix: str) -> Package:
        """A package of one file of another format, as `model.tflite`.

        Args:
          suffix: of the file, one of `also`.
        """
        name = f"{_STEM}{suffix}"
        return dataclasses.replace(self, files={name: self.with_formats().files[name]})


def is_format(name: str) -> bool:
    """Whether a file has the name that `with_formats` gives to one of another format.

    Args:
      name: of the file.
    """
    return name in [f"{_STEM}{suffix}" for suffix in SUFFIXES]
