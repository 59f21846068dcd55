"""Artifacts without hub.KerasLayer: Keras 3, encoded images, the C API, saved_model_cli."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.fixtures import support

NETWORK = "mobilenet_v3_small_075_224"
SIZE = 224


@pytest.fixture(scope="module")
def batch():
    return support.images(4, SIZE, seed=7)


def values(variables):
    return [np.asarray(variable.numpy()) for variable in variables]


def changed(old, variables):
    return sum((a != b).any() for a, b in zip(old, values(variables), strict=True))


@pytest.fixture
def keras_3_model(artifact):
    endpoints = {"call_endpoint": "serve", "call_training_endpoint": "train"}
    layer = keras.layers.TFSMLayer(artifact(NETWORK).path, **endpoints)
    inputs = keras.Input([SIZE, SIZE, 3])
    return keras.Sequential([inputs, layer, keras.layers.Dense(5, activation="softmax")])


def build_for_names_with_colons(optimizer, model):
    """Keras 3.15 makes the slots of variables from a SavedModel only outside of a function."""
    optimizer.build(model.trainable_variables)
    return optimizer


# Steepest descent moves a few variables by less than float32 can show.
@pytest.mark.parametrize(("name", "moved"), [("sgd", 130), ("adam", 140)])
def test_a_stock_keras_3_model_trains(keras_3_model, artifact, batch, name, moved):
    assert keras.__version__.startswith("3.")
    layer, loaded = keras_3_model.layers[0], artifact(NETWORK).load()
    assert len(layer.trainable_weights) == len(loaded.trainable_variables) == 140
    assert len(layer.non_trainable_weights) == 68
    optimizer = keras.optimizers.SGD(0.05)
    if name == "adam":
        optimizer = build_for_names_with_colons(keras.optimizers.Adam(1e-3), keras_3_model)
    keras_3_model.compile(optimizer, "sparse_categorical_crossentropy")
    old = values(layer.trainable_weights), values(layer.non_trainable_weights)
    losses = keras_3_model.fit(batch, np.arange(4), epochs=8, verbose=0).history["loss"]
    assert losses[-1] < losses[0] / 2
    assert changed(old[0], layer.trainable_weights) >= moved
    assert changed(old[1], layer.non_trainable_weights) == 68


def test_batch_norm_does_not_move_in_keras_3s_predict(keras_3_model, artifact, batch):
    layer = keras_3_model.layers[0]
    old = values(layer.weights)
    keras_3_model.predict(batch, verbose=0)
    assert changed(old, layer.weights) == 0
    assert (np.asarray(layer(batch)) == artifact(NETWORK).load()(batch).numpy()).all()


def test_keras_3_trains_with_the_default_momentum(keras_3_model, artifact, batch):
    layer, loaded = keras_3_model.layers[0], artifact(NETWORK).load()
    layer(batch, training=True)
    loaded(batch, training=True)
    pairs = zip(loaded.trainable_variables, layer.trainable_weights, strict=True)
    assert all((a.numpy() == np.asarray(b)).all() for a, b in pairs)
    moving = [v for v in loaded.variables if not v.trainable]
    assert changed(values(moving), layer.non_trainable_weights) == 0


@pytest.fixture(scope="module")
def files():
    """Two JPEG and two PNG files of different sizes, one of them grey."""
    rng = np.random.RandomState(0)
    pictures = [rng.randint(0, 256, (h, w, 3), np.uint8) for h, w in ((300, 200), (64, 96))]
    grey = rng.randint(0, 256, (50, 40, 1), np.uint8)
    jpegs = [tf.io.encode_jpeg(picture).numpy() for picture in pictures]
    return [*jpegs, tf.io.encode_png(pictures[0]).numpy(), tf.io.encode_png(grey).numpy()]


@pytest.mark.parametrize("task", ["feature_vector", "classification"])
def test_encoded_images_equal_decoding_by_hand(artifact, files, task):
    loaded = artifact(NETWORK, task).load()
    signature = loaded.signatures["serving_encoded_images"]
    (output,) = signature(encoded=tf.constant(files)).values()
    decoded = [tf.io.decode_image(f, channels=3, expand_animations=False) for f in files]
    images = [tf.image.convert_image_dtype(image, tf.float32) for image in decoded]
    by_hand = tf.stack([tf.image.resize(image, [SIZE, SIZE]) for image in images])
    assert by_hand.numpy().min() >= 0
    assert by_hand.numpy().max() <= 1
    assert (output.numpy() == loaded(by_hand).numpy()).all()


def test_saved_model_cli_runs_it(artifact, batch, tmp_path):
    np.save(tmp_path / "images.npy", batch)
    command = [str(Path(sys.executable).with_name("saved_model_cli")), "run"]
    command += [
        "--dir",
        artifact(NETWORK).path,
        "--tag_set",
        "serve",
        "--outdir",
        str(tmp_path),
    ]
    command += ["--signature_def", "serving_default"]
    command += ["--inputs", f"inputs={tmp_path / 'images.npy'}"]
    subprocess.run(command, check=True, capture_output=True)
    actual = np.load(tmp_path / "feature_vector.npy")
    assert (actual == artifact(NETWORK).load()(batch).numpy()).all()


@pytest.mark.native
@pytest.mark.skipif(shutil.which("cc") is None, reason="no C compiler")
def test_a_c_program_runs_it(artifact, batch, tmp_path):
    package = Path(tf.__file__).parent
    program = tmp_path / "consumer"
    libraries = [f"-l:{path.name}" for path in sorted(package.glob("libtensorflow_*.so.2"))]
    command = [
        "cc",
        str(support.REPOSITORY / "tests" / "fixtures" / "consumer.c"),
        "-o",
        str(program),
    ]
    command += [f"-I{package / 'include'}", f"-L{package}", f"-Wl,-rpath,{package}", *libraries]
    subprocess.run(command, check=True, capture_output=True, text=True)
    batch.tofile(tmp_path / "images")
    arguments = [
        artifact(NETWORK).path,
        tmp_path / "images",
        tmp_path / "features",
        len(batch),
        SIZE,
    ]
    subprocess.run([str(program), *map(str, arguments)], check=True, env=dict(os.environ))
    actual = np.fromfile(tmp_path / "features", np.float32).reshape(len(batch), 1024)
    assert (actual == artifact(NETWORK).load()(batch).numpy()).all()
