"""Conversions, as users see them: what is in the files, and what the command says."""

import json
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2

from slimhub.cli import commands
from slimhub.common.errors import ExportError
from slimhub.common.version import __version__
from slimhub.export.formats import (
    ConversionRequest,
    convert,
    existing_file,
    file_formats,
    onnx_format,
)
from slimhub.export.formats.convertible import Convertible
from slimhub.export.record import PATH
from tests.fixtures.support import REPOSITORY, images, relative_difference

SUFFIXES = tuple(file_formats.FORMATS)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_file_answers_as_the_artifact_does(converted, digits, suffix):
    conversion = converted(suffix)
    loaded = (
        file_formats.FORMATS[suffix]
        .load_module()
        .load(conversion.path.read_bytes(), threads=1, is_optimized=True)
    )
    signature = tf.saved_model.load(str(digits)).signatures["serving_default"]
    assert (list(loaded.inputs), list(loaded.outputs)) == (["inputs"], ["logits"])
    for count in (1, 3):  # the batch is free
        batch = images(count, 32)
        answers = loaded(batch)
        assert relative_difference(answers, signature(inputs=batch)["logits"]) < 1e-5
    assert conversion.proof.usual.difference < 1e-5
    assert conversion.proof.usual.top1 == 1


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_file_says_what_it_is(converted, digits, suffix):
    conversion = converted(suffix)
    loaded = (
        file_formats.FORMATS[suffix]
        .load_module()
        .load(conversion.path.read_bytes(), threads=1, is_optimized=True)
    )
    said = loaded.inscription
    assert said.labels == tuple((digits / "assets" / "labels.txt").read_text().split())
    assert (said.mean, said.std, said.image_size) == (0, 255, 32)
    assert said.name == "mobilenet_v3_small_100_224"
    assert said.provenance["slimhub"] == __version__
    assert len(said.provenance["artifact_sha256"]) == 64
    record = json.loads((digits / PATH).read_text())
    assert said.provenance["checkpoint_sha256"] == record["checkpoint"]["sha256"]
    assert said.provenance["agreement"] == conversion.proof.to_json()
    assert str(REPOSITORY).encode() not in conversion.path.read_bytes()


def execute(*words):
    arguments = commands.parser().parse_args(["convert", *map(str, words)])
    return arguments.execute(arguments)


class Tiny(tf.Module):
    """What keeps the convention, and was not written by slimhub: one image at a time."""

    def __init__(self, width):
        self.kernel = tf.Variable(
            np.random.RandomState(0).normal(size=(192, width)), dtype="float32"
        )

    @tf.function(input_signature=[tf.TensorSpec([1, 8, 8, 3], tf.float32)])
    def serve(self, images):
        return {"feature_vector": tf.reshape(images, [-1, 192]) @ self.kernel}


@pytest.fixture
def tiny(tmp_path):
    module, folder = Tiny(256), tmp_path / "tiny"
    tf.saved_model.save(module, str(folder), {"serving_default": module.serve})
    return folder


def test_an_artifact_of_anyone_is_converted(tiny, in_process, tmp_path):
    output = tmp_path / "tiny.tflite"
    conversion = convert(ConversionRequest(str(tiny), str(output)))
    assert conversion.proof.usual.difference < 1e-6
    assert conversion.proof.milliseconds.keys() == {1, 8}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["tiny", "tiny.tflite"]


def test_foreign_operations_are_not_run_unasked(tiny, in_process, tmp_path):
    path = tiny / "saved_model.pb"
    saved = saved_model_pb2.SavedModel.FromString(path.read_bytes())
    saved.meta_graphs[0].graph_def.node.add(name="init", op="PrintV2")
    path.write_bytes(saved.SerializeToString())
    request = ConversionRequest(str(tiny), str(tmp_path / "tiny.tflite"))
    with pytest.raises(ExportError, match=r"has 1 operation that no artifact.* PrintV2 .*`trust`"):
        convert(request)


def test_weights_in_16_bits_halve_the_file(tiny, in_process, tmp_path, capsys):
    output = tmp_path / "tiny.onnx"
    assert execute(tiny, output, "--quantize=float16") == 0
    said = capsys.readouterr().out
    assert f"file        {output}, ONNX, 0.10 MB\n" in said
    (values,) = Path(tiny, "variables").glob("variables.data*")
    assert output.stat().st_size < 0.6 * values.stat().st_size


def test_a_file_of_onnx_in_eight_bits_says_what_it_is(tiny, in_process, tmp_path, capsys):
    output = tmp_path / "tiny.onnx"
    assert execute(tiny, output, "--quantize=int8", "--accept=0.9") == 0
    said = capsys.readouterr().out
    assert f"file        {output}, ONNX, 0.05 MB\n" in said
    assert (
        "precision   2 operations in 8 bits, 0 layers with 8-bit weights alone, 0 in float" in said
    )
    provenance = onnx_format.read(output.read_bytes()).provenance
    assert (provenance["quantize"], provenance["float_layers"]) == ("int8", [])
    assert existing_file.prove(Convertible(tiny), output).complaints == ()


class Classes(Tiny):
    """A classifier whose output is not named `logits`."""

    @tf.function(input_signature=[tf.TensorSpec([1, 8, 8, 3], tf.float32)])
    def serve(self, images):
        return {"default": tf.reshape(images, [-1, 192]) @ self.kernel}


@pytest.fixture
def classes(tmp_path):
    """Makes one, with labels or without."""

    def save(labels=0):
        module, folder = Classes(5), tmp_path / "classes"
        tf.saved_model.save(module, str(folder), {"serving_default": module.serve})
        if labels:
            (folder / "assets").mkdir(exist_ok=True)
            (folder / "assets" / "labels.txt").write_text("".join(f"c{i}\n" for i in range(labels)))
        return folder

    return save


@pytest.mark.parametrize(
    ("labels", "task", "is_classification", "is_guessed"),
    [
        (0, None, False, True),
        (0, "classification", True, False),
        (5, None, True, False),
        (4, None, False, True),
        (5, "feature_vector", False, False),
    ],
)
def test_a_classifier_is_known_by_user_or_labels(
    classes, labels, task, is_classification, is_guessed
):
    model = Convertible(classes(labels), task=task)
    assert (model.is_classification, model.is_guessed) == (is_classification, is_guessed)
    said = model.inscription("none", None, 5)
    assert len(said.labels) == (labels if is_classification else 0)
    assert said.provenance.get("task") == task


def test_classes_of_another_name_are_compared(classes, in_process, tmp_path, capsys):
    folder, output = classes(), tmp_path / "a.tflite"
    assert execute(folder, output, "--task=classification") == 0
    assert "top-1 agreement 100.0%" in capsys.readouterr().out
    assert existing_file.prove(Convertible(folder), output).complaints == ()
    assert execute(folder, output, "--overwrite") == 0
    said = capsys.readouterr().out
    assert "top-1" not in said
    assert "the output default is taken for features: say --task if it has a value for each" in said


def test_the_record_says_what_an_artifact_is_for(digits):
    assert Convertible(digits, task="classification").is_classification
    with pytest.raises(ExportError, match=r"is of the task classification, .* leave `task` out"):
        Convertible(digits, task="feature_vector")
