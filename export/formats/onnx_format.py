"""ONNX files: tf2onnx writes them, ONNX Runtime runs them."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from slimhub.common.errors import ExportError
from slimhub.export.formats import onnx_metadata, onnx_names, onnx_weights
from slimhub.export.formats.inscription import Inscription
from slimhub.export.formats.onnx_quantizer import OnnxQuantizer

if TYPE_CHECKING:
    from slimhub.export.formats.convertible import Convertible

OPSET = 17  # of 2022; what tf2onnx writes for these networks has not changed since
_ERRORS = 3  # the severity from which ONNX Runtime logs
inscribe = onnx_metadata.write
read = onnx_metadata.read


def convert(model: Convertible, quantize: str) -> bytes:
    """The artifact as an ONNX file whose batch is free.

    Args:
      model: the artifact.
      quantize: `none`, or `float16` for weights of 16 bits; a runtime computes in 32 bits.

    Raises:
      ExportError: if the converter refuses it.
    """
    import tensorflow as tf
    from tf2onnx import convert as converter

    logging.getLogger("tf2onnx").setLevel(logging.ERROR)
    shape = [None, model.image_size, model.image_size, 3]
    images = tf.TensorSpec(shape, tf.float32, name=model.input)

    @tf.function(autograph=False, input_signature=[images])
    def serve(images: Any) -> dict[str, Any]:
        return {model.output: model.function(images)}

    try:
        made, _ = converter.from_function(serve, input_signature=[images], opset=OPSET)
    except Exception as error:  # whatever the converter raises, as of operations it lacks
        first = str(error).strip().splitlines()[0]
        raise ExportError(f"tf2onnx cannot convert it to ONNX: {first:.200}") from error
    _name_batch(made)
    onnx_names.shorten(made)
    if quantize == "float16":
        onnx_weights.store_in_16_bits(made)
    content: bytes = made.SerializeToString(deterministic=True)
    return content


def _name_batch(made: Any) -> None:
    """The first dimension of input and output gets the name that people look for."""
    for value in (*made.graph.input, *made.graph.output):
        value.type.tensor_type.shape.dim[0].dim_param = "batch"


def quantizer(file: Path, images: np.ndarray, threads: int) -> OnnxQuantizer:
    """Makes candidates from a file in float.

    Args:
      file: path of an ONNX file.
      images: f32[count, size, size, 3], which calibrate.
      threads: ONNX Runtime calibrates on all cores.
    """
    return OnnxQuantizer(file, images)


def load(content: bytes, *, threads: int = 1, is_optimized: bool = True) -> OnnxFile:
    """Loads a file in ONNX Runtime.

    Args:
      content: of the file.
      threads: for one call.
      is_optimized: whether ONNX Runtime may fuse operations, as it does by default.
    """
    return OnnxFile(content, threads, is_optimized)


class OnnxFile:
    """See `LoadedFile`."""

    def __init__(self, content: bytes, threads: int, is_optimized: bool) -> None:
        """Loads it, see `load`."""
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = _ERRORS
        levels = onnxruntime.GraphOptimizationLevel
        options.graph_optimization_level = (
            levels.ORT_ENABLE_ALL if is_optimized else levels.ORT_DISABLE_ALL
        )
        self._session = onnxruntime.InferenceSession(
            content, options, providers=["CPUExecutionProvider"]
        )

    @property
    def inputs(self) -> Sequence[str]:
        """Names."""
        return [value.name for value in self._session.get_inputs()]

    @property
    def outputs(self) -> Sequence[str]:
        """Names."""
        return [value.name for value in self._session.get_outputs()]

    @property
    def input_shape(self) -> tuple[int, ...]:
        """Without the batch."""
        (value,) = self._session.get_inputs()
        return tuple(value.shape[1:])

    @property
    def inscription(self) -> Inscription | None:
        """What the file says about itself."""
        return onnx_metadata.parse(self._session.get_modelmeta().custom_metadata_map)

    def __call__(self, images: np.ndarray) -> np.ndarray:
        """See `LoadedFile`."""
        (name,) = self.inputs
        (output,) = self._session.run(None, {name: images})
        answer: np.ndarray = output
        return answer
