"""The signature `classify`: the likeliest classes of image files, with their names."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2

from slimhub.export.labels import Labels
from slimhub.export.savedmodel import best_classes
from slimhub.export.savedmodel.call_names import name_calls
from slimhub.export.verify.checks import best_classes_check, contract, main_graph
from slimhub.export.verify.reference.artifact import Artifact
from tests.fixtures import faults, support

LABELS = support.REPOSITORY / "samples" / "digits_labels.txt"


@pytest.fixture(scope="module")
def digits(sample_artifact):
    return sample_artifact("classification")


@pytest.fixture
def copied(digits, tmp_path):
    return shutil.copytree(digits, tmp_path / "artifact")


def edit(folder, change):
    path = folder / "saved_model.pb"
    saved = saved_model_pb2.SavedModel.FromString(path.read_bytes())
    change(saved.meta_graphs[0])
    path.write_bytes(saved.SerializeToString())


def checks(folder):
    """Outcomes and details of the lines of the contract that concern the signature."""
    artifact = Artifact(folder)
    subject = artifact.identify()
    (own,) = best_classes_check.check(artifact, subject)
    signatures = list(
        contract.LINES["signatures, and the tensors of serving_default"](artifact, subject)
    )
    return own.outcome, own.detail, signatures


def test_the_five_likeliest_are_returned_with_their_names(digits):
    pictures = np.load(support.REPOSITORY / "samples" / "digits.npz")["images"][:3]
    grey = np.repeat(pictures[..., np.newaxis], 3, axis=-1).astype(np.float32)
    pixels = np.round(grey / grey.max() * 255).astype(np.uint8)
    files = tf.constant([tf.io.encode_png(image).numpy() for image in pixels])
    loaded = tf.saved_model.load(str(digits))
    found = {key: v.numpy() for key, v in loaded.signatures["classify"](encoded=files).items()}
    logits = loaded.signatures["serving_encoded_images"](encoded=files)["logits"].numpy()
    odds = np.exp(logits.astype(np.float64))
    probabilities = odds / odds.sum(axis=1, keepdims=True)
    order = np.argsort(-probabilities, axis=1)[:, :5]
    assert found["indices"].dtype == np.int32
    assert np.array_equal(found["indices"], order)
    expected = np.take_along_axis(probabilities, order, axis=1)
    assert np.abs(found["probabilities"] - expected).max() < 1e-6
    names = LABELS.read_text("utf-8").splitlines()
    assert [[name.decode() for name in row] for row in found["classes"]] == [
        [names[index] for index in row] for row in order
    ]


def test_a_network_with_fewer_classes_has_fewer():
    logits = tf.constant([[0.0, 2.0, 2.0], [3.0, -1.0, 1.0]])
    found = best_classes.of_logits(logits, Labels(("Äpfel", "pears", "plums"), "mine"))
    assert found["indices"].numpy().tolist() == [[1, 2, 0], [0, 2, 1]]
    assert found["probabilities"].shape == (2, 3)
    assert np.abs(tf.reduce_sum(found["probabilities"], 1) - 1).max() < 1e-6
    assert found["classes"].numpy()[1].tolist() == ["Äpfel".encode(), b"plums", b"pears"]


def test_classes_whose_probability_is_0_keep_their_order():
    logits = tf.constant([[-400.0, 1000.0, -500.0, 0.0, -300.0, -600.0]])
    found = best_classes.of_logits(logits, None)
    assert found["indices"].numpy().tolist() == [[1, 3, 4, 0, 2]]
    assert found["probabilities"].numpy().tolist() == [[1, 0, 0, 0, 0]]


def test_without_labels_a_class_is_its_index_as_text():
    found = best_classes.of_logits(tf.range(12.0)[tf.newaxis], None)
    assert found["classes"].numpy().tolist() == [[b"11", b"10", b"9", b"8", b"7"]]


def test_a_feature_vector_has_none(sample_artifact):
    artifact = Artifact(sample_artifact("feature_vector"))
    assert "classify" not in artifact.proto.meta_graphs[0].signature_def
    assert artifact.record.output.signatures == ("serving_default", "serving_encoded_images")
    assert best_classes_check.check(artifact, artifact.identify()) == []


def test_the_proof_passes_it(digits):
    assert checks(digits) == ("passed", "", [])
    assert list(main_graph.complaints(Artifact(digits))) == []


def test_the_proof_finds_other_names(copied):
    def exchange(meta_graph):
        (names,) = (
            node.attr["value"].tensor.string_val
            for function in meta_graph.graph_def.library.function
            for node in function.node_def
            if node.op == "Const" and b"seven" in node.attr["value"].tensor.string_val
        )
        best = [i for i, name in enumerate(names) if name in (b"eight", b"zero")]
        names[best[0]], names[best[1]] = names[best[1]], names[best[0]]

    edit(copied, exchange)
    outcome, detail, _ = checks(copied)
    assert outcome == "failed"
    assert "classes of classify are not those of the 5 largest logits: [[b'zero'" in detail


def test_the_proof_finds_that_sessions_take_other_variables(copied):
    faults.swap_in_main_graph(copied, "StatefulPartitionedCall_2")
    (complaint,) = set(main_graph.complaints(Artifact(copied)))
    assert complaint.startswith("the call of classify takes MobilenetV3/Conv/BatchNorm/")


def test_an_artifact_that_lost_it_is_told_from_one_of_an_early_release(copied):
    edit(copied, lambda meta_graph: meta_graph.signature_def.pop("classify"))
    assert checks(copied)[0::2] == ("not run", ["the signature classify is missing"])
    record = copied / "assets.extra" / "slimhub.json"
    text = record.read_text("utf-8")
    before, _, rest = text.partition('"signatures": [')
    record.write_text(before.rstrip().removesuffix(",") + rest.partition("]")[2], "utf-8")
    assert checks(copied)[0::2] == ("not run", [])


def test_calls_are_named_as_in_the_published_modules(digits):
    saved = saved_model_pb2.SavedModel.FromString(Path(digits, "saved_model.pb").read_bytes())
    signatures = saved.meta_graphs[0].signature_def
    calls = {name: {i.name[:-2] for i in s.outputs.values()} for name, s in signatures.items()}
    assert calls["serving_default"] == {"StatefulPartitionedCall"}
    assert calls["serving_encoded_images"] == {"StatefulPartitionedCall_1"}
    assert calls["classify"] == {"StatefulPartitionedCall_2"}
    again = saved_model_pb2.SavedModel.FromString(saved.SerializeToString())
    name_calls(again)
    assert again == saved
