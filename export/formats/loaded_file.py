"""A converted file in its runtime, whichever that is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from slimhub.export.formats.inscription import Inscription

SIGNATURE = "serving_default"  # also where the artifact's function is


class LoadedFile(Protocol):
    """What a format's `load` returns."""

    @property
    def inputs(self) -> Sequence[str]:
        """Names of what a call takes."""

    @property
    def outputs(self) -> Sequence[str]:
        """Names of what it returns."""

    @property
    def input_shape(self) -> tuple[int, ...]:
        """Without the batch."""

    @property
    def inscription(self) -> Inscription | None:
        """What the file says about itself; None without metadata of slimhub."""

    def __call__(self, images: np.ndarray) -> np.ndarray:
        """The first output, f32[batch, width], for images f32[batch, height, width, 3]."""
