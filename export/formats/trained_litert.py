"""LiteRT files in the 8 bits of TensorFlow 1: unsigned, with the ranges of a training.

LiteRT's signed integers are for weights around 0; trained ranges are not. Imports TensorFlow.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import tensorflow as tf

from slimhub.common.errors import ExportError
from slimhub.common.scratch import ScratchFolder
from slimhub.common.text import listed
from slimhub.export.formats import frozen_nodes, trained_check, trained_graph
from slimhub.export.formats.loaded_file import SIGNATURE
from slimhub.export.formats.silence import silenced
from slimhub.export.formats.trained_inference import TrainedInference

if TYPE_CHECKING:
    from slimhub.export.formats.convertible import Convertible

_PIXELS = (0.0, 255.0)  # mean and standard deviation that turn 8-bit pixels into [0, 1]
_SCHEMA = b"TFL3"
_SHOWN = 3  # layers named in a message


def convert(model: Convertible, trained: TrainedInference) -> bytes:
    """A file that takes and returns f32, and computes in unsigned 8 bits.

    Args:
      model: the artifact, for its names.
      trained: its nodes and ranges.

    Raises:
      MisfitError: see `trained_graph.quantized`.
      ExportError: if the converter refuses it, or leaves layers in float.
    """
    nodes = trained.nodes
    made = trained_graph.quantized(nodes, trained.places, trained.input_range)
    images = tf.TensorSpec([None, model.image_size, model.image_size, 3], tf.float32, model.input)

    @tf.function(autograph=False, input_signature=[images])
    def serve(images: Any) -> dict[str, Any]:
        return {model.output: frozen_nodes.call(made, nodes.input, nodes.output, images)}

    module = tf.Module()
    with ScratchFolder() as folder:
        tf.saved_model.save(module, folder, signatures={SIGNATURE: serve})
        try:
            with silenced():
                content = _converted(str(folder))
        except Exception as error:  # whatever the converter raises
            first = str(error).strip().splitlines()[0]
            raise ExportError(f"TensorFlow cannot convert it to LiteRT: {first:.200}") from error
    if left := trained_check.missing(content, trained.places):
        raise ExportError(
            "TensorFlow's converter does not compute in 8 bits with the trained ranges of "
            f"{listed(left, _SHOWN)}"
        )
    return _with_signature(content, model.input, model.output)


def _converted(folder: str) -> bytes:
    # Only this interface of the converter writes unsigned integers.
    converter = tf.compat.v1.lite.TFLiteConverter.from_saved_model(folder, signature_key=SIGNATURE)
    converter.inference_type = tf.uint8
    converter.inference_input_type = converter.inference_output_type = tf.float32
    (name,) = converter.get_input_arrays()
    converter.quantized_input_stats = {name: _PIXELS}
    content: bytes = converter.convert()
    return content


def _with_signature(content: bytes, input: str, output: str) -> bytes:
    """The same file with the names that this interface of the converter leaves out."""
    import flatbuffers
    from ai_edge_litert import schema_py_generated as schema

    model = schema.ModelT.InitFromPackedBuf(content, 0)
    (graph,) = model.subgraphs
    signature = schema.SignatureDefT()
    signature.signatureKey, signature.subgraphIndex = SIGNATURE, 0
    signature.inputs = [_named(schema, input, graph.inputs[0])]
    signature.outputs = [_named(schema, output, graph.outputs[0])]
    model.signatureDefs = [signature]
    builder = flatbuffers.Builder(len(content) + (1 << 16))
    builder.Finish(model.Pack(builder), _SCHEMA)
    return bytes(builder.Output())


def _named(schema: Any, name: str, tensor: int) -> Any:
    entry = schema.TensorMapT()
    entry.name, entry.tensorIndex = name, int(tensor)
    return entry
