"""A LiteRT or ONNX file that is evaluated."""

from __future__ import annotations

import importlib.metadata
import os
from pathlib import Path
from typing import Any

import numpy as np

from slimhub.common import foreign_files
from slimhub.common.errors import ExportError
from slimhub.evaluate.models import artifact_digest
from slimhub.export.formats import file_formats

_RUNTIMES = {".tflite": "ai-edge-litert", ".onnx": "onnxruntime"}


class FileRunner:
    """See `ImageModel`."""

    def __init__(self, path: Path, threads: int | None = None) -> None:
        """Loads a file.

        Args:
          path: of a file that `slimhub convert` wrote.
          threads: for one call; one per core by default.

        Raises:
          RequestError: if the format's extra is missing.
          ExportError: if it cannot be loaded, or does not say what it is.
        """
        form = file_formats.of_path(str(path))
        form.need_packages()
        self.name, self.form = path.name, form.name
        try:
            self.sha256 = artifact_digest.of(path)
            content = foreign_files.read(path, foreign_files.LARGEST_PROTO)
            loaded = form.load_module().load(
                content, threads=threads or os.cpu_count() or 1, is_optimized=True
            )
            said = loaded.inscription
        except Exception as error:  # whatever a damaged file makes a runtime raise
            first = (str(error).strip() or type(error).__name__).splitlines()[0]
            raise ExportError(
                f"{path} is not a {form.name} file that can be run: {first:.200}"
            ) from error
        if said is None or artifact_digest.of(path) != self.sha256:
            raise ExportError(
                f"{path} does not say what it was made from: convert the artifact again with "
                "`slimhub convert`"
            )
        self._loaded = loaded
        self.image_size, self.output, self.labels = said.image_size, said.output, said.labels
        package = _RUNTIMES[form.suffix]
        self.versions = {package: importlib.metadata.version(package)}

    def answers(self, images: Any) -> np.ndarray:
        """See `ImageModel`."""
        pixels = np.ascontiguousarray(images)
        try:
            found = self._loaded(pixels)
        except Exception as error:  # whatever a runtime raises
            first = (str(error).strip() or type(error).__name__).splitlines()[0]
            raise ExportError(f"{self.name} cannot be run: {first:.200}") from error
        return found.reshape(len(pixels), -1)
