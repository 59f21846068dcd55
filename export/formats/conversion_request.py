"""The request for a conversion."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path

from slimhub.common import paths
from slimhub.common.errors import RequestError, option
from slimhub.common.text import either
from slimhub.export.formats import file_formats
from slimhub.export.formats.file_formats import IN_INTEGERS, QUANTIZATIONS, FileFormat


@dataclasses.dataclass(frozen=True)
class ConversionRequest:
    """One file to write.

    Attributes:
      artifact: folder of a SavedModel of the convention.
      output: file to write; its suffix says which format.
      quantize: one of `QUANTIZATIONS`: how numbers are stored.
      calibration: folder of images, or TFRecords; None for the proof's pictures.
      accept: the smallest cosine and top-1 agreement to accept, in (0, 1); None for the defaults.
      overwrite: whether to replace an existing file.
      trust: whether to load an artifact that can do whatever you can.
      task: what the output of an artifact without a record is for, one of `nets.TASKS`; None to
        tell by its name and labels.
      is_companion: whether it is written with an export, which has no options for it.
    """

    artifact: str
    output: str
    quantize: str = "none"
    calibration: str | None = None
    accept: float | None = None
    overwrite: bool = False
    trust: bool = False
    task: str | None = None
    is_companion: bool = False

    def check(self) -> FileFormat:
        """Refuses what can be refused without looking into the artifact.

        Returns:
          The format of the output.

        Raises:
          RequestError: says what is wrong.
        """
        form = self.check_format()
        self._check_artifact()
        self.check_output()
        return form

    def check_format(self) -> FileFormat:
        """Refuses options that contradict each other, an unknown format, and a missing extra.

        Returns:
          The format of the output.

        Raises:
          RequestError: says what is wrong.
        """
        form = file_formats.of_path(self.output)
        if self.quantize not in QUANTIZATIONS:
            raise RequestError(
                f"{option('quantize')} must be {either(QUANTIZATIONS)}, not {self.quantize!r}"
            )
        if self.calibration is not None and self.quantize == "none":
            raise RequestError(
                f"{option('calibration')} does not apply to {option('quantize', 'none')}: leave "
                "it out"
            )
        if self.accept is not None and self.quantize == "none":
            raise RequestError(
                f"{option('accept')} does not apply to {option('quantize', 'none')}, which has "
                "to agree up to rounding: leave it out"
            )
        if self.accept is not None and not 0 < self.accept < 1:
            raise RequestError(f"{option('accept')} must be between 0 and 1")
        form.need_packages()
        return form

    @property
    def needs_own_pictures(self) -> bool:
        """Whether the proof's pictures are too few for what is asked."""
        return self.quantize in IN_INTEGERS and self.calibration is None

    @property
    def how_to_accept_less(self) -> str:
        """How to have a file written that agrees less, as a part of a sentence."""
        if self.is_companion:
            return "`slimhub convert` can lower what is accepted"
        return f"{option('accept')} lowers what is accepted"

    @property
    def how_to_trust(self) -> str:
        """How to have an artifact loaded that is refused, as a part of a sentence."""
        if self.is_companion:
            return "if you trust whoever wrote it, convert it with `slimhub convert`"
        return f"if you trust whoever wrote it, load it with {option('trust')}"

    @property
    def how_to_calibrate(self) -> str:
        """How to give pictures that set ranges, as a part of a sentence."""
        if self.is_companion:
            return "`slimhub convert` takes a few hundred of your images"
        return f"name a few hundred of your images with {option('calibration')}"

    def _check_artifact(self) -> None:
        artifact = paths.expanded(self.artifact)
        if not artifact.exists():
            raise RequestError(f"{self.artifact} does not exist: pass the folder of a SavedModel")
        if not (artifact / "saved_model.pb").is_file():
            raise RequestError(
                f"{self.artifact} is not a SavedModel folder: it has no saved_model.pb"
            )

    def check_output(self) -> None:
        """Refuses an output that must not be written.

        Raises:
          RequestError: says what is in the way.
        """
        artifact, output = paths.expanded(self.artifact), Path(self.output)
        if paths.resolved(output).is_relative_to(paths.resolved(artifact)):
            raise RequestError(
                f"the output {self.output} is inside the artifact: choose another folder"
            )
        if output.is_dir() or (os.path.lexists(output) and not self.overwrite):
            replace = "" if output.is_dir() else f", or replace it with {option('overwrite')}"
            raise RequestError(
                f"the output {self.output} already exists: choose another name{replace}"
            )
        if not paths.resolved(output).parent.is_dir():
            raise RequestError(
                f"the output's folder {output.parent} does not exist: create it first"
            )
