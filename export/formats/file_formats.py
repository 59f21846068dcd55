"""The table of file formats: what each needs, and which module writes and reads it."""

from __future__ import annotations

import dataclasses
import importlib
from pathlib import PurePath
from typing import TYPE_CHECKING, Protocol, cast

from slimhub.common import extras
from slimhub.common.errors import RequestError
from slimhub.common.text import either

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np

    from slimhub.export.formats.convertible import Convertible
    from slimhub.export.formats.file_quantizer import FileQuantizer
    from slimhub.export.formats.inscription import Inscription
    from slimhub.export.formats.loaded_file import LoadedFile

# How numbers are stored: as in the artifact; weights in 16 bits; weights in 8 bits; weights and
# activations in 8 bits.
QUANTIZATIONS = ("none", "float16", "int8_weights", "int8")
IN_INTEGERS = ("int8_weights", "int8")  # those that are searched for what stays in float


class FormatModule(Protocol):
    """What the module of a format has. Importing it imports no TensorFlow and no runtime."""

    def convert(self, model: Convertible, quantize: str) -> bytes:
        """The artifact in this format, as `none` or `float16`. Imports TensorFlow."""

    def inscribe(self, content: bytes, inscription: Inscription) -> bytes:
        """Puts labels, input range and provenance into a file."""

    def read(self, content: bytes) -> Inscription | None:
        """What a file says about itself; None without metadata of slimhub."""

    def load(self, content: bytes, *, threads: int, is_optimized: bool) -> LoadedFile:
        """Loads a file with the runtime that users have."""

    def quantizer(self, file: Path, images: np.ndarray, threads: int) -> FileQuantizer:
        """Makes candidates in integers from a file in float."""


@dataclasses.dataclass(frozen=True)
class FileFormat:
    """One format.

    Attributes:
      name: what people call it.
      suffix: of its files, which is how it is chosen.
      module: see `FormatModule`.
      extra: what installs the packages.
      packages: import names of what it needs.
      has_trained_ranges: whether its files can compute with the ranges of a training.
    """

    name: str
    suffix: str
    module: str
    extra: str
    packages: tuple[str, ...]
    has_trained_ranges: bool = False

    def load_module(self) -> FormatModule:
        """Imports the module."""
        return cast("FormatModule", importlib.import_module(self.module))

    def need_packages(self) -> None:
        """Refuses to continue without the packages.

        Raises:
          RequestError: names the extra that installs them.
        """
        extras.need(*self.packages, extra=self.extra)


FORMATS = {
    ".tflite": FileFormat(
        name="LiteRT",
        suffix=".tflite",
        module="slimhub.export.formats.litert_format",
        extra="litert",
        packages=("ai_edge_litert", "ai_edge_quantizer"),
        has_trained_ranges=True,
    ),
    ".onnx": FileFormat(
        name="ONNX",
        suffix=".onnx",
        module="slimhub.export.formats.onnx_format",
        extra="onnx",
        packages=("onnx", "onnxruntime", "tf2onnx"),
    ),
}


def of_path(path: str) -> FileFormat:
    """The format of a file that is to be written, by its suffix.

    Args:
      path: of the file.

    Raises:
      RequestError: if no format has this suffix.
    """
    suffix = PurePath(path).suffix.lower()
    if suffix not in FORMATS:
        known = either([f"{suffix} ({entry.name})" for suffix, entry in FORMATS.items()])
        raise RequestError(f"the output {path} has to end in {known}")
    return FORMATS[suffix]
