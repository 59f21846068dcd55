"""What is exported from each kind of source is what is exported from the checkpoint."""

import shutil

import numpy as np
import pytest
import tensorflow as tf

from slimhub import checkpoints, export, nets
from slimhub.checkpoints import CheckpointError
from slimhub.checkpoints.readers import frozen_graph, saved_model
from slimhub.common import files
from slimhub.common.errors import ExportError
from slimhub.export import network_match, record
from slimhub.export.verify.verification import verify
from slimhub.zoo import state
from tests.fixtures import support
from tests.fixtures.commands import run
from tests.fixtures.support import REFERENCE, needs_reference
from tests.fixtures.weight_sources import NETWORK

REAL = REFERENCE / "real"


def export_quickly(path, target, network=NETWORK, **options):
    return export.export(export.Request(network, str(path), str(target), proof="quick", **options))


def variables_of(folder):
    return [files.sha256_of(path) for path in sorted((folder / "variables").iterdir())]


@pytest.mark.parametrize("kind", ["frozen", "estimator"])
def test_a_graphs_weights_give_the_bytes_of_the_checkpoints(
    weight_source, artifact, tmp_path, kind
):
    source = weight_source(kind)
    result = export_quickly(source.path, tmp_path / "a")
    again = export.Request(NETWORK, str(source.path), str(tmp_path / "a"), proof="quick")
    assert state.look(again) == state.State(state.UNCHANGED)  # so that a zoo skips it
    assert result.record.source.format == source.format
    assert result.filled[-1] == "nothing left over"
    assert variables_of(tmp_path / "a") == variables_of(artifact(NETWORK).result.output)


def test_the_way_back_from_fine_tuning(weight_source, tmp_path):
    source = weight_source("keras model")
    result = export_quickly(source.path, tmp_path / "a")
    assert result.filled == [
        "135 filled: 135 with plain values (the checkpoint does not hold separate averages)",
        "left over unexpectedly: dense/bias, dense/kernel",
    ]
    assert (result.record.source.format, result.record.source.artifact) == ("saved_model_2", None)
    tuned, batch = tf.saved_model.load(str(source.path)), support.images(2, 128, seed=3)
    kernel, bias = (v for v in tuned.variables if v.name.startswith("dense/"))
    features = tf.saved_model.load(str(tmp_path / "a"))(batch)
    np.testing.assert_allclose(features @ kernel + bias, tuned(batch), rtol=1e-4, atol=1e-4)

    options = ["--handle=acme/models/tuned/feature_vector/1", "--license=apache-2.0"]
    finished = run("page", str(tmp_path / "a"), *options, f"--output={tmp_path / 'page.md'}")
    assert finished.returncode == 0, finished.stderr
    page = (tmp_path / "page.md").read_text("utf-8")
    assert "| format | `saved_model_2` |" in page
    assert "made with `--proof=none`" not in page
    verified = verify(tmp_path / "a", str(source.path))
    assert verified.holds


@pytest.mark.parametrize("kind", ["keras checkpoint", "keras h5"])
def test_what_keras_saves_gives_the_bytes_of_its_saved_model(weight_source, tmp_path, kind):
    for name in (kind, "saved again"):
        export_quickly(weight_source(name).path, tmp_path / name)
    assert variables_of(tmp_path / kind) == variables_of(tmp_path / "saved again")


def test_an_artifact_of_slimhub_is_a_source_that_the_record_names(artifact, tmp_path):
    made = artifact(NETWORK)
    archive = shutil.make_archive(str(tmp_path / "packed"), "zip", made.path)
    for source in (made.path, archive):
        result = export_quickly(source, tmp_path / "a", overwrite=True)
        assert result.record.source.artifact == files.sha256_of(made.result.output / record.PATH)
    assert variables_of(tmp_path / "a") == variables_of(made.result.output)
    assert record.Record.read(tmp_path / "a").source == result.record.source
    options = ["--handle=acme/models/again/feature_vector/1", "--license=apache-2.0"]
    finished = run("page", str(tmp_path / "a"), *options, f"--output={tmp_path / 'page.md'}")
    assert finished.returncode == 0, finished.stderr
    assert f"`{result.record.source.artifact}`" in (tmp_path / "page.md").read_text("utf-8")
    assert saved_model.RECORD == record.PATH


@pytest.mark.parametrize("kind", ["hub module", "saved again", "keras h5"])
def test_auto_knows_the_network(weight_source, kind):
    path = str(weight_source(kind).path)
    request = export.Request("auto", path, "unused", options=nets.NetworkOptions(image_size=128))
    with checkpoints.open(path) as opened:
        resolved = network_match.resolve(request, opened).request
    assert resolved.network == NETWORK


def test_the_proof_finds_a_value_that_was_read_wrong(weight_source, tmp_path, monkeypatch):
    read = frozen_graph.FrozenGraph.read
    swapped = {"gamma": "moving_variance", "moving_variance": "gamma"}

    def misread(self, name):
        layer, _, leaf = name.rpartition("/")
        return read(self, f"{layer}/{swapped.get(leaf, leaf)}")

    monkeypatch.setattr(frozen_graph.FrozenGraph, "read", misread)
    with pytest.raises(ExportError, match="every variable holds the checkpoint's value"):
        export_quickly(weight_source("frozen").path, tmp_path / "a")
    assert not (tmp_path / "a").exists()


def test_a_keras_file_of_another_network_is_refused(tmp_path):
    import tf_keras

    model = tf_keras.Sequential([tf_keras.layers.Dense(3, input_shape=(4,))])
    model.save_weights(str(tmp_path / "w.h5"))
    with pytest.raises(CheckpointError, match="the checkpoint does not fit the network"):
        export_quickly(tmp_path / "w.h5", tmp_path / "a")


@needs_reference
@pytest.mark.skipif(not REAL.is_dir(), reason="no real weights")
def test_the_real_frozen_graph_answers_as_it_did(tmp_path):
    result = export_quickly(
        REAL / "mobilenet_v1_1.0_224_frozen.pb",
        tmp_path / "a",
        "mobilenet_v1_100_224",
        task="classification",
    )
    assert result.record.source.format == "frozen_graph"
    with np.load(REAL / "images_and_features.npz") as file:
        images = (file["images"] / 255).astype(np.float32)
    with np.load(REAL / "mobilenet_v1_1.0_224_outputs.npz") as file:
        logits, features = file["logits"], file["feature_vector"]
    endpoints = tf.saved_model.load(str(tmp_path / "a"))(images, return_endpoints=True)
    assert support.relative_difference(endpoints["default"], logits) < 1e-5
    found = tf.reshape(endpoints["MobilenetV1/AvgPool_1a"], [12, 1024])
    assert support.relative_difference(found, features) < 1e-5
