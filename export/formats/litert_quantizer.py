"""Stores chosen operations of a LiteRT file in integers, with `ai-edge-quantizer`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from slimhub.common import foreign_files
from slimhub.export.formats.file_quantizer import QuantizableLayer
from slimhub.export.formats.loaded_file import SIGNATURE
from slimhub.export.formats.silence import silenced

_BITS = 8


class LiteRTQuantizer:
    """See `FileQuantizer`. Layers are identified by the names of their outputs."""

    def __init__(self, file: Path, images: np.ndarray, threads: int) -> None:
        """Reads the file.

        Args:
          file: a LiteRT file in float.
          images: f32[count, size, size, 3], which calibrate.
          threads: for calibration.
        """
        self._file, self._images, self._threads = file, images, threads
        self._ranges: Any = None
        self.layers = list(_layers(foreign_files.read(file, foreign_files.LARGEST_PROTO)))

    def quantize(self, weights: Sequence[str], integers: Sequence[str]) -> bytes:
        """See `FileQuantizer`."""
        if not weights and not integers:
            return foreign_files.read(self._file, foreign_files.LARGEST_PROTO)
        quantizer = self._quantizer(weights, integers)
        with silenced():
            made = quantizer.quantize(self._ranges if integers else None)
        return bytes(made.quantized_model)

    def calibrate(self) -> None:
        """See `FileQuantizer`."""
        from ai_edge_litert.interpreter import Interpreter

        quantizer = self._quantizer([], [layer.name for layer in self.layers])
        interpreter = Interpreter(model_path=str(self._file), num_threads=self._threads)
        (name,) = interpreter.get_signature_runner(SIGNATURE).get_input_details()
        samples = [{name: image[np.newaxis]} for image in self._images]
        with silenced():
            self._ranges = quantizer.calibrate({SIGNATURE: samples})

    def _quantizer(self, weights: Iterable[str], integers: Iterable[str]) -> Any:
        from ai_edge_quantizer import qtyping, quantizer, recipe_manager

        every = qtyping.TFLOperationName.ALL_SUPPORTED
        recipe = recipe_manager.RecipeManager()
        for name in weights:
            recipe.add_weight_only_config(_pattern(name), every, num_bits=_BITS)
        for name in integers:
            recipe.add_static_config(
                _pattern(name), every, activation_num_bits=_BITS, weight_num_bits=_BITS
            )
        made = quantizer.Quantizer(str(self._file))
        made.load_quantization_recipe(recipe.get_quantization_recipe())
        return made


def _pattern(name: str) -> str:
    """Matches one operation; the quantizer ends what it searches in with a semicolon."""
    return f"^{re.escape(name)};$"


def _layers(content: bytes) -> Iterator[QuantizableLayer]:
    from ai_edge_litert import schema_py_generated as schema

    model = schema.Model.GetRootAs(content, 0)
    graph = model.Subgraphs(0)
    weighted = {
        schema.BuiltinOperator.CONV_2D,
        schema.BuiltinOperator.DEPTHWISE_CONV_2D,
        schema.BuiltinOperator.FULLY_CONNECTED,
    }
    for number in range(graph.OperatorsLength()):
        operator = graph.Operators(number)
        outputs = [graph.Tensors(index).Name().decode() for index in operator.OutputsAsNumpy()]
        kind = model.OperatorCodes(operator.OpcodeIndex()).BuiltinCode()
        yield QuantizableLayer(";".join(outputs), kind in weighted)
