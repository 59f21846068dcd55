"""An artifact that is to be converted: its function, its answers, and what a file says about it."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from slimhub.common.errors import ExportError
from slimhub.common.scratch import ScratchFolder
from slimhub.common.version import __version__
from slimhub.export.formats import origin, output_task
from slimhub.export.formats.inscription import Inscription
from slimhub.export.formats.loaded_file import SIGNATURE
from slimhub.export.verify.checks import artifact_files
from slimhub.export.verify.process import untrusted
from slimhub.export.verify.reference.artifact import Artifact

_BATCH = 8  # images in one call, which bounds the memory


class Convertible:
    """An artifact of the convention, loaded, with one image size.

    Attributes:
      folder: the artifact.
      record: of the artifact, or None.
      name: of the network, or without a record of the folder.
      input: name of the signature's input.
      output: name of its output.
      image_size: height and width, pixels.
      is_free: whether the artifact takes images of other sizes, which the file will not.
      is_classification: whether the output has a value for each class.
      is_guessed: whether nothing says whether it does.
    """

    def __init__(self, folder: Path, *, trust: bool = False, task: str | None = None) -> None:
        """Looks at an artifact, and loads it.

        Args:
          folder: path.
          trust: whether to load it even if it has operations that slimhub does not write, or files
            that differ from its record. Such an artifact can do whatever you can.
          task: what a user says that the output is for, one of `nets.TASKS`, or None.

        Raises:
          ExportError: if it is not loaded, or does not keep the convention.
        """
        self.folder = folder
        self._artifact = artifact = Artifact(folder)
        self.record = artifact.record
        if not trust:
            refused = untrusted.refuse(
                artifact, artifact_files.check_digests(folder, artifact.record)
            )
            if refused:
                raise ExportError(f"{folder.name} is {refused[0].detail}")
        signature = artifact.proto.meta_graphs[0].signature_def.get(SIGNATURE)
        if signature is None or len(signature.inputs) != 1 or len(signature.outputs) != 1:
            raise ExportError(
                f"{folder.name} cannot be converted: it has no signature {SIGNATURE} with one "
                "input and one output"
            )
        ((self.input, images),) = signature.inputs.items()
        ((self.output, answer),) = signature.outputs.items()
        shape = [dimension.size for dimension in images.tensor_shape.dim]
        if images.dtype != tf.float32.as_datatype_enum or len(shape) != 4 or shape[3] != 3:
            raise ExportError(
                f"{folder.name} cannot be converted: its input is {tf.as_dtype(images.dtype).name}"
                f"{shape}, not float32[batch, height, width, 3]"
            )
        self.is_free = shape[1] < 0 or shape[2] < 0
        self._is_servable = shape[0] < 0 and not self.is_free
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

    def _choose_size(self, shape: list[int]) -> int:
        if not self.is_free:
            if shape[1] != shape[2]:
                raise ExportError(f"{self.folder.name} cannot be converted: images are not square")
            return shape[1]
        if self.record is None:
            raise ExportError(
                f"{self.folder.name} cannot be converted: it takes images of any size, and has no "
                "record that says which"
            )
        return self.record.network.image_size

    @functools.cached_property
    def signature(self) -> Any:
        """`serving_default` as a concrete function."""
        return self._artifact.loaded.signatures[SIGNATURE]

    def function(self, images: Any) -> Any:
        """The signature as a function of one tensor to one tensor."""
        return self.signature(**{self.input: images})[self.output]

    def answers(self, images: np.ndarray) -> np.ndarray:
        """What the artifact computes.

        Args:
          images: f32[batch, height, width, 3] in [0, 1].

        Returns:
          f32[batch, width].

        Raises:
          ExportError: if it cannot be run.
        """
        try:
            parts = [
                self.function(tf.constant(images[start : start + _BATCH])).numpy()
                for start in range(0, len(images), _BATCH)
            ]
        except tf.errors.OpError as error:
            raise ExportError(f"{self.folder.name} cannot be run: {error.message:.200}") from error
        answers = np.concatenate(parts)
        return answers.reshape(len(answers), -1)

    @contextlib.contextmanager
    def servable(self) -> Iterator[Path]:
        """A SavedModel whose signature has a free batch and one image size."""
        if self._is_servable:
            yield self.folder
            self._artifact.check_unchanged()  # others have loaded it by its name
            return
        images = tf.TensorSpec([None, self.image_size, self.image_size, 3], tf.float32, self.input)

        def serve(images: Any) -> dict[str, Any]:
            return {self.output: self.function(images)}

        module = tf.Module()
        module.whole = self._artifact.loaded
        traced = tf.function(serve, autograph=False).get_concrete_function(images)
        with ScratchFolder() as folder:
            tf.saved_model.save(module, folder, signatures={SIGNATURE: traced})
            yield Path(folder)

    def layers(self) -> dict[str, np.ndarray]:
        """The values of the variables of layers with weights, by name."""
        variables = getattr(self._artifact.loaded, "variables", ())
        return {v.name.removesuffix(":0"): v.numpy() for v in variables if len(v.shape) > 1}

    def inscription(self, quantize: str, accept: float | None, width: int) -> Inscription:
        """What a file of this artifact says about itself.

        Args:
          quantize: one of `QUANTIZATIONS`.
          accept: see `ConversionRequest`.
          width: of an answer.

        Raises:
          ExportError: if the artifact's labels cannot be read, or are not one for each logit.
        """
        self._artifact.check_unchanged()  # what was checked is what was loaded
        labels = output_task.labels(self.folder) if self.is_classification else ()
        if labels and len(labels) != width:
            raise ExportError(
                f"{self.folder.name} has {len(labels)} labels for {width} classes: export it with "
                "the labels of its classes"
            )
        what = "class scores" if self.is_classification else "features"
        if self.output == "logits":
            what = "class scores (logits)"
        provenance = {
            **origin.identify(self.folder),
            "tensorflow": tf.__version__,
            "checkpoint_sha256": self.record.source.sha256 if self.record else None,
            "quantize": quantize,
        }
        if self._given_task is not None:
            provenance["task"] = self._given_task
        if accept is not None:
            provenance["accept"] = accept
        return Inscription(
            name=self.name,
            description=f"{self.name}: {what} of images, exported by slimhub {__version__}",
            output=self.output,
            image_size=self.image_size,
            labels=labels,
            provenance=provenance,
        )
