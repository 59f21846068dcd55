"""A SavedModel that is evaluated. Imports TensorFlow."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from slimhub.common.errors import ExportError
from slimhub.evaluate.models import artifact_digest
from slimhub.evaluate.models.image_model import SAVED_MODEL
from slimhub.export.formats.served_model import ServedModel


class SavedModelRunner(ServedModel):
    """See `ImageModel`."""

    form = SAVED_MODEL

    def __init__(self, folder: Path, *, trust: bool = False, name: str | None = None) -> None:
        """Looks at an artifact, and loads it.

        Args:
          folder: path.
          trust: see `ServedModel`.
          name: of the artifact; by default that of the folder.

        Raises:
          ExportError: if it is not loaded.
        """
        super().__init__(folder, trust=trust)
        self.name = name or folder.name
        self.sha256 = artifact_digest.of(folder)
        self.labels = self.read_labels()
        self.versions = {"tensorflow": tf.__version__}
        self.answers(tf.zeros([1, self.image_size, self.image_size, 3]))
        self.check_unchanged()  # what has the digest is what was loaded

    def answers(self, images: Any) -> np.ndarray:
        """See `ImageModel`."""
        try:
            found: np.ndarray = self.function(images).numpy()
        except tf.errors.OpError as error:
            raise ExportError(f"{self.folder.name} cannot be run: {error.message:.200}") from error
        return found.reshape(len(found), -1)
