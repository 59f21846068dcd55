"""What an evaluation needs of an artifact, of whichever format."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import numpy as np

SAVED_MODEL = "SavedModel"  # the form of an artifact that is a folder


class ImageModel(Protocol):
    """An artifact that can be called.

    Attributes:
      name: of its folder or file.
      form: `SavedModel`, or the name of the file's format.
      sha256: its digest, see `models.artifact_digest`.
      image_size: height and width of images, pixels.
      output: name of what it returns: `logits` for a classifier.
      labels: one per logit; empty if it has none.
      versions: of what runs it, by package.
    """

    name: str
    form: str
    sha256: str
    image_size: int
    output: str
    labels: tuple[str, ...]
    versions: dict[str, str]

    def answers(self, images: Any) -> np.ndarray:
        """What it computes.

        Args:
          images: f32[batch, size, size, 3] in [0, 1], a tensor or an array.

        Returns:
          f32[batch, width].

        Raises:
          ExportError: if it cannot be run.
        """
