"""An artifact that is to be converted: its function, its answers, and what a file says about it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from slimhub.common.errors import ExportError
from slimhub.common.scratch import ScratchFolder
from slimhub.common.version import __version__
from slimhub.export.formats import origin
from slimhub.export.formats.inscription import Inscription
from slimhub.export.formats.loaded_file import SIGNATURE
from slimhub.export.formats.served_model import ServedModel

_BATCH = 8  # images in one call, which bounds the memory


class Convertible(ServedModel):
    """An artifact of the convention with one image size."""

    purpose = "converted"

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
        if self._has_free_batch and not self.is_free:
            yield self.folder
            self.check_unchanged()  # others have loaded it by its name
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
        self.check_unchanged()  # what was checked is what was loaded
        labels = self.read_labels()
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
