"""An artifact of the convention as a function of images, loaded with care. Imports TensorFlow."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import tensorflow as tf

from slimhub.common.errors import ExportError
from slimhub.export.formats import output_task
from slimhub.export.formats.loaded_file import SIGNATURE
from slimhub.export.verify.checks import artifact_files
from slimhub.export.verify.process import untrusted
from slimhub.export.verify.reference.artifact import Artifact


class ServedModel:
    """An artifact, loaded when it is first called.

    Attributes:
      folder: the artifact.
      record: of the artifact, or None.
      name: of the network, or without a record of the folder.
      input: name of the signature's input.
      output: name of its output.
      image_size: height and width, pixels.
      is_free: whether the artifact takes images of other sizes, too.
      is_classification: whether the output has a value for each class.
      is_guessed: whether nothing says whether it does.
    """

    purpose = "used"  # what it is for, as messages have it: "cannot be used"

    def __init__(
        self,
        folder: Path,
        *,
        trust: bool = False,
        task: str | None = None,
        advice: str = untrusted.TRUST,
    ) -> None:
        """Looks at an artifact.

        Args:
          folder: path.
          trust: whether to load it even if it has operations that slimhub does not write, or files
            that differ from its record. Such an artifact can do whatever you can.
          task: what a user says that the output is for, one of `nets.TASKS`, or None.
          advice: what whoever trusts an artifact that is refused can do.

        Raises:
          ExportError: if it is not to be loaded, or does not keep the convention.
        """
        self.folder = folder
        self._artifact = artifact = Artifact(folder)
        self.record = artifact.record
        if not trust:
            digests = artifact_files.check_digests(folder, artifact.record)
            refused = untrusted.refuse(artifact, digests, advice)
            if refused:
                raise ExportError(f"{folder.name} is {refused[0].detail}")
        signature = artifact.proto.meta_graphs[0].signature_def.get(SIGNATURE)
        if signature is None or len(signature.inputs) != 1 or len(signature.outputs) != 1:
            raise self._refusal(f"it has no signature {SIGNATURE} with one input and one output")
        ((self.input, images),) = signature.inputs.items()
        ((self.output, answer),) = signature.outputs.items()
        shape = [dimension.size for dimension in images.tensor_shape.dim]
        if images.dtype != tf.float32.as_datatype_enum or len(shape) != 4 or shape[3] != 3:
            raise self._refusal(
                f"its input is {tf.as_dtype(images.dtype).name}{shape}, not "
                "float32[batch, height, width, 3]"
            )
        self.is_free = shape[1] < 0 or shape[2] < 0
        self._has_free_batch = shape[0] < 0
        self.image_size = self._choose_size(shape)
        self.name = self.record.network.name if self.record else folder.name
        self._width = [dimension.size for dimension in answer.tensor_shape.dim][-1:]
        self.take_for(task)

    def take_for(self, wanted: str | None) -> None:
        """Decides what the output is for.

        Args:
          wanted: what a user says, see `__init__`.

        Raises:
          ExportError: if the record says otherwise.
        """
        self._given_task = None if self.record else wanted
        task = output_task.decide(self.folder, self.record, self.output, self._width, wanted)
        self.is_classification, self.is_guessed = task == "classification", task is None

    def _refusal(self, reason: str) -> ExportError:
        return ExportError(f"{self.folder.name} cannot be {self.purpose}: {reason}")

    def _choose_size(self, shape: list[int]) -> int:
        height, width = shape[1:3]
        if self.is_free:
            if self.record is None:
                raise self._refusal(
                    "it takes images of any size, and has no record that says which"
                )
            height, width, _ = self.record.network.image_shape
        if height != width:
            raise self._refusal("images are not square")
        return height

    @functools.cached_property
    def signature(self) -> Any:
        """`serving_default` as a concrete function."""
        return self._artifact.loaded.signatures[SIGNATURE]

    def function(self, images: Any) -> Any:
        """The signature as a function of one tensor to one tensor."""
        return self.signature(**{self.input: images})[self.output]

    def check_unchanged(self) -> None:
        """Refuses an artifact whose files were written to since it was looked at.

        Raises:
          ExportError: says so.
        """
        self._artifact.check_unchanged()

    def read_labels(self) -> tuple[str, ...]:
        """One name per logit; empty if the artifact has none.

        Raises:
          ExportError: if they cannot be read.
        """
        return output_task.labels(self.folder) if self.is_classification else ()
