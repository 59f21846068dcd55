"""Files that differ from their artifact are refused, and the message says how."""

import dataclasses

import numpy as np
import onnx
import pytest
from ai_edge_litert import schema_py_generated as schema
from onnx import numpy_helper

from slimhub.common.errors import ExportError
from slimhub.export.formats import (
    ConversionRequest,
    convert,
    existing_file,
    file_proof,
    litert_format,
    litert_metadata,
    onnx_format,
)
from slimhub.export.formats.agreement import FLOORS
from slimhub.export.formats.convertible import Convertible

pytestmark = pytest.mark.usefixtures("in_process")


@pytest.fixture
def prove(expected, converted, tmp_path):
    """Proves the content of a file that should say what the converted one says."""
    truth = litert_metadata.read(converted(".tflite").path.read_bytes())

    def prove(content, suffix=".tflite"):
        path = tmp_path / f"file{suffix}"
        path.write_bytes(content)
        return list(file_proof.prove(path, expected, truth).complaints)

    return prove


def test_the_file_itself_passes(prove, converted):
    assert prove(converted(".tflite").path.read_bytes()) == []


def change_buffer(content, change, size):
    """Changes the numbers of the first buffer with a number of bytes."""
    model = schema.ModelT.InitFromPackedBuf(content, 0)
    buffer = next(b for b in model.buffers if b.data is not None and len(b.data) == size)
    values = np.asarray(buffer.data, np.uint8).view(np.float32)
    buffer.data = change(values).astype(np.float32).view(np.uint8)
    builder = litert_metadata._AlignedBuilder(len(content))
    builder.Finish(model.Pack(builder), b"TFL3")
    said = litert_metadata.read(content)
    return litert_metadata.write(bytes(builder.Output()), said)


def test_a_scaled_weight(prove, converted):
    content = converted(".tflite").path.read_bytes()
    first, second = prove(change_buffer(content, lambda v: v * 1.01, 128 * 10 * 4))
    assert "the largest difference is" in first
    assert "% longer or shorter" in second


@pytest.mark.parametrize(("quantize", "factor"), [("float16", 1.02), ("int8", 1.2), ("int8", 3)])
def test_a_scaled_weight_beside_a_lower_floor(expected, converted, tmp_path, quantize, factor):
    """What a cosine does not see."""
    content = converted(".tflite").path.read_bytes()
    (tmp_path / "file.tflite").write_bytes(change_buffer(content, lambda v: v * factor, 5120))
    lower = dataclasses.replace(expected, floor=FLOORS[quantize])
    proof = file_proof.prove(tmp_path / "file.tflite", lower, litert_metadata.read(content))
    (complaint,) = proof.complaints
    assert "% longer or shorter, more than" in complaint


def test_swapped_outputs(prove, converted):
    content = converted(".tflite").path.read_bytes()
    complaints = prove(
        change_buffer(content, lambda v: v.reshape(10, -1)[::-1].ravel(), 128 * 10 * 4)
    )
    assert any("the cosine is" in text for text in complaints)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"std": 127.5}, "in its metadata, std is 127.5, not 255.0"),
        ({"mean": 127.5}, "in its metadata, mean is 127.5, not 0.0"),
        ({"image_size": 64}, "in its metadata, image_size is 64, not 32"),
        ({"labels": ("0",) * 10}, "in its metadata, labels is"),
        ({"provenance": {}}, "in its metadata, provenance is {}"),
    ],
)
def test_wrong_metadata(prove, converted, change, message):
    content = converted(".tflite").path.read_bytes()
    wrong = dataclasses.replace(litert_metadata.read(content), **change)
    (complaint,) = prove(litert_metadata.write(content, wrong))
    assert complaint.startswith(message)


def test_a_file_without_metadata(prove, converted):
    model = onnx.load(converted(".onnx").path)
    del model.metadata_props[:]
    assert "it has no metadata" in prove(model.SerializeToString(), ".onnx")


def test_a_scaled_weight_of_onnx(prove, converted):
    model = onnx.load(converted(".onnx").path)
    tensor = max(model.graph.initializer, key=lambda t: np.prod(t.dims))
    tensor.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(tensor) * 1.01, tensor.name))
    complaints = prove(model.SerializeToString(), ".onnx")
    assert any("the largest difference is" in text for text in complaints)


def test_another_name_of_the_output(prove, converted):
    model = onnx.load(converted(".onnx").path)
    for node in model.graph.node:
        node.output[:] = ["probabilities" if n == "logits" else n for n in node.output]
    model.graph.output[0].name = "probabilities"
    complaints = prove(model.SerializeToString(), ".onnx")
    assert "its signature is inputs -> probabilities, not inputs -> logits" in complaints


def test_nothing_is_written_below_the_floor(digits, converted, monkeypatch, tmp_path):
    """As if the converter had made something else."""
    wrong = change_buffer(converted(".tflite").path.read_bytes(), lambda v: v[::-1], 128 * 10 * 4)
    monkeypatch.setattr(litert_format, "convert", lambda model, quantize: wrong)
    request = ConversionRequest(str(digits), str(tmp_path / "a.tflite"), quantize="float16")
    with pytest.raises(ExportError) as caught:
        convert(request)
    message = str(caught.value)
    assert "does not agree with the artifact, so nothing was written: the cosine is " in message
    assert "; 16 bits change these weights most: MobilenetV3/" in message
    assert "`accept` lowers what is accepted" in message
    assert list(tmp_path.iterdir()) == []
    assert onnx_format.OPSET == 17  # as the guide says


def test_labels_that_are_not_one_for_each_logit(copied, tmp_path):
    (copied / "assets" / "labels.txt").write_text("zero\none\n")
    request = ConversionRequest(str(copied), str(tmp_path / "a.tflite"), trust=True)
    with pytest.raises(ExportError, match="has 2 labels for 10 classes"):
        convert(request)


def test_a_file_is_proved_again_by_who_publishes_it(digits, converted, tmp_path):
    content = converted(".tflite").path.read_bytes()
    model = Convertible(digits)
    assert existing_file.prove(model, converted(".tflite").path).complaints == ()
    wrong = tmp_path / "file.tflite"
    wrong.write_bytes(change_buffer(content, lambda v: v * 1.01, 5120))
    assert "the largest difference is" in existing_file.prove(model, wrong).complaints[0]
    said = litert_metadata.read(content)
    for provenance in ({}, said.provenance | {"quantize": "x"}, said.provenance | {"accept": 7}):
        changed = dataclasses.replace(said, provenance=provenance)
        wrong.write_bytes(litert_metadata.write(content, changed))
        with pytest.raises(ExportError, match="does not say how it was made"):
            existing_file.prove(model, wrong)
