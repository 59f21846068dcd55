"""LiteRT files: TensorFlow's converter writes them, `ai-edge-litert` runs them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from slimhub.common.errors import ExportError
from slimhub.export.formats import litert_metadata
from slimhub.export.formats.inscription import Inscription
from slimhub.export.formats.litert_quantizer import LiteRTQuantizer
from slimhub.export.formats.loaded_file import SIGNATURE

if TYPE_CHECKING:
    from slimhub.export.formats.convertible import Convertible

inscribe = litert_metadata.write
read = litert_metadata.read


def convert(model: Convertible, quantize: str) -> bytes:
    """The artifact as a LiteRT file whose batch is free.

    Args:
      model: the artifact.
      quantize: `none`, or `float16` for weights of 16 bits; a runtime computes in 32 bits.

    Raises:
      ExportError: if the converter refuses it.
    """
    import tensorflow as tf

    with model.servable() as folder:
        converter = tf.lite.TFLiteConverter.from_saved_model(
            str(folder), signature_keys=[SIGNATURE]
        )
        if quantize == "float16":
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
            converter.target_spec.supported_types = [tf.float16]
        try:
            content: bytes = converter.convert()
        except Exception as error:  # whatever the converter raises, as of operations it lacks
            first = str(error).strip().splitlines()[0]
            raise ExportError(f"TensorFlow cannot convert it to LiteRT: {first:.200}") from error
    return content


def quantizer(file: Path, images: np.ndarray, threads: int) -> LiteRTQuantizer:
    """Makes candidates from a file in float.

    Args:
      file: path of a LiteRT file.
      images: f32[count, size, size, 3], which calibrate.
      threads: for calibration.
    """
    return LiteRTQuantizer(file, images, threads)


def load(content: bytes, *, threads: int = 1, is_optimized: bool = True) -> LiteRTFile:
    """Loads a file in LiteRT.

    Args:
      content: of the file.
      threads: for one call.
      is_optimized: whether to compute with XNNPACK, as LiteRT does by default.
    """
    return LiteRTFile(content, threads, is_optimized)


class LiteRTFile:
    """See `LoadedFile`."""

    def __init__(self, content: bytes, threads: int, is_optimized: bool) -> None:
        """Loads a file's content, see `load`."""
        from ai_edge_litert.interpreter import Interpreter, OpResolverType

        resolvers = OpResolverType
        self._content = content
        interpreter = Interpreter(
            model_content=content,
            num_threads=threads,
            experimental_op_resolver_type=resolvers.AUTO
            if is_optimized
            else resolvers.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
        )
        self._runner = interpreter.get_signature_runner(SIGNATURE)

    @property
    def inputs(self) -> Sequence[str]:
        """Names."""
        return list(self._runner.get_input_details())

    @property
    def outputs(self) -> Sequence[str]:
        """Names."""
        return list(self._runner.get_output_details())

    @property
    def input_shape(self) -> tuple[int, ...]:
        """Without the batch."""
        (details,) = self._runner.get_input_details().values()
        return tuple(map(int, details["shape"][1:]))

    @property
    def inscription(self) -> Inscription | None:
        """What the file says about itself."""
        return litert_metadata.read(self._content)

    def __call__(self, images: np.ndarray) -> np.ndarray:
        """See `LoadedFile`."""
        (name,) = self.inputs
        (output,) = self._runner(**{name: images}).values()
        answer: np.ndarray = output
        return answer
