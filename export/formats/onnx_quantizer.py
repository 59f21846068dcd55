"""Stores chosen operations of an ONNX file in integers, with ONNX Runtime's quantizer."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from slimhub.common.scratch import ScratchFolder
from slimhub.export.formats import onnx_weights
from slimhub.export.formats.file_quantizer import QuantizableLayer
from slimhub.export.formats.silence import silenced

# Operations for which ONNX Runtime has kernels in integers; others would be computed in float, with
# conversions around them.
_OPERATIONS = (
    *("Conv", "Gemm", "MatMul", "Add", "Mul", "Clip", "Relu", "Concat", "Pad"),
    *("AveragePool", "GlobalAveragePool", "MaxPool", "Reshape", "Squeeze", "Transpose"),
)


class OnnxQuantizer:
    """See `FileQuantizer`."""

    def __init__(self, file: Path, images: np.ndarray) -> None:
        """Reads the file.

        Args:
          file: an ONNX file in float.
          images: f32[count, size, size, 3], which calibrate.
        """
        # The function by which `quantize_static` reads a file; its mark spares the quantizer from
        # inferring shapes for each candidate.
        from onnxruntime.quantization.quant_utils import load_model_with_shape_infer

        self._file, self._images = file, images
        self._model = load_model_with_shape_infer(file)
        self._ranges: Any = None
        self.layers = list(_layers(self._model))

    def calibrate(self) -> None:
        """See `FileQuantizer`: the smallest and largest values of all activations."""
        from onnxruntime.quantization import create_calibrator

        with ScratchFolder() as folder, silenced():
            calibrator = create_calibrator(
                self._file,
                list(_OPERATIONS),
                augmented_model_path=str(Path(folder, "augmented.onnx")),
                providers=["CPUExecutionProvider"],
            )
            calibrator.collect_data(_Images(self._images, self._model.graph.input[0].name))
            self._ranges = calibrator.compute_data()

    def quantize(self, weights: Sequence[str], integers: Sequence[str]) -> bytes:
        """See `FileQuantizer`."""
        made = copy.deepcopy(self._model)
        if integers:
            made = self._in_integers(made, integers)
        onnx_weights.store_in_8_bits(made, weights)
        del made.metadata_props[:]  # among them the mark
        content: bytes = made.SerializeToString(deterministic=True)
        return content

    def _in_integers(self, model: Any, names: Sequence[str]) -> Any:
        from onnxruntime.quantization import QDQQuantizer, QuantType

        quantizer = QDQQuantizer(
            model,
            per_channel=True,
            # Seven bits of weights: x86 processors without VNNI add two products in 16 bits, which
            # overflow with eight, so that a file would answer otherwise there.
            reduce_range=True,
            weight_qType=QuantType.QInt8,
            activation_qType=QuantType.QUInt8,
            tensors_range=self._ranges,
            nodes_to_quantize=list(names),
            nodes_to_exclude=[],
            op_types_to_quantize=list(_OPERATIONS),
            extra_options={},
        )
        with silenced():
            quantizer.quantize_model()
        return quantizer.model.model


class _Images:
    """A `CalibrationDataReader`, which the library takes in any form."""

    def __init__(self, images: np.ndarray, name: str) -> None:
        self._remaining = iter(images)
        self._name = name

    def get_next(self) -> dict[str, np.ndarray] | None:
        """One image as a batch; None after the last."""
        image = next(self._remaining, None)
        return None if image is None else {self._name: image[np.newaxis]}


def _layers(model: Any) -> Iterator[QuantizableLayer]:
    constants = {tensor.name for tensor in model.graph.initializer}
    for node in model.graph.node:
        if node.op_type in _OPERATIONS:
            yield QuantizableLayer(node.name, onnx_weights.has_weights(node, constants))
