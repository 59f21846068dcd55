"""What a stranger's program does with an artifact."""

import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf
import tensorflow_hub as hub
import tf_keras

from tests.fixtures import support

SIZE = 128


@pytest.fixture
def batch():
    return support.images(4, SIZE, seed=5)


def test_the_hub_pages_program_fine_tunes(artifact, batch):
    path = artifact().path
    m = tf_keras.Sequential(
        [
            hub.KerasLayer(path, trainable=True, arguments=dict(batch_norm_momentum=0.997)),
            tf_keras.layers.Dense(5, activation="softmax"),
        ]
    )
    m.build([None, SIZE, SIZE, 3])
    m.compile(tf_keras.optimizers.Adam(1e-3), "sparse_categorical_crossentropy")
    layer, loaded = m.layers[0], artifact().load()
    assert len(layer.trainable_weights) == len(loaded.trainable_variables) == 81
    assert len(layer.losses) == 1
    labels = np.arange(4)
    history = m.fit(batch, labels, batch_size=4, epochs=8, verbose=0).history["loss"]
    assert history[-1] < history[0] / 2
    pairs = zip(layer.trainable_weights, loaded.trainable_variables, strict=True)
    assert all((new.numpy() != old.numpy()).any() for new, old in pairs)


@pytest.fixture
def mixed_float16():
    """The policy of Keras 2 and Keras 3, for one test."""
    for library in (keras, tf_keras):
        library.mixed_precision.set_global_policy("mixed_float16")
    yield
    for library in (keras, tf_keras):
        library.mixed_precision.set_global_policy("float32")


def test_mixed_precision_needs_a_layer_in_float32(artifact, mixed_float16):
    path = artifact("mobilenet_v1_025_128").path
    with pytest.raises(ValueError, match="Could not find matching concrete function"):
        hub.KerasLayer(path)(tf.zeros([1, 128, 128, 3]))
    layer = hub.KerasLayer(path, trainable=True, dtype="float32")
    hidden = tf_keras.layers.Dense(16)
    last = tf_keras.layers.Dense(5, activation="softmax", dtype="float32")
    model = tf_keras.Sequential([tf_keras.Input([128, 128, 3]), layer, hidden, last])
    model.compile(tf_keras.optimizers.SGD(0.05), "sparse_categorical_crossentropy")
    images = support.images(4, 128)
    losses = model.fit(images, np.arange(4), epochs=4, verbose=0).history["loss"]
    assert losses[-1] < losses[0]
    assert (layer.compute_dtype, hidden.compute_dtype) == ("float32", "float16")
    layer = keras.layers.TFSMLayer(path, call_endpoint="serve", dtype="float32")
    model = keras.Sequential([keras.Input([128, 128, 3]), layer, keras.layers.Dense(16)])
    assert model(images).dtype == tf.float16


def test_a_persistent_tape_sees_every_trainable_variable(artifact, batch):
    loaded = artifact().load()
    with tf.GradientTape(persistent=True) as tape:
        output = loaded(batch, training=True)
        first, second = tf.reduce_sum(output**2), tf.reduce_sum(output**3)
    for target in (first, second):
        gradients = tape.gradient(target, loaded.trainable_variables)
        assert all(g is not None and np.isfinite(g.numpy()).all() for g in gradients)
    assert np.abs(gradients[0].numpy()).max() > 0


@pytest.mark.parametrize("training", [False, True])
def test_gradients_are_the_sources(artifact, batch, training):
    import tensorflow.compat.v1 as tf1

    loaded = artifact().load()
    with tf.GradientTape() as tape:
        images = tf.constant(batch)
        tape.watch(images)
        target = tf.reduce_sum(loaded(images, training=training) ** 2)
    actual = tape.gradient(target, [images, *loaded.trainable_variables])

    source = support.SourceNetwork(artifact().spec, None, is_training=training)
    names = [variable.name.removesuffix(":0") for variable in loaded.trainable_variables]
    with source.graph.as_default():
        wanted = [source.images, *(source.variables[name] for name in names)]
        gradients = tf1.gradients(tf1.reduce_sum(source.feature**2), wanted)
        expected = source.run(gradients, batch)
    largest = max(np.abs(gradient).max() for gradient in expected)
    for name, one, other in zip(["images", *names], actual, expected, strict=True):
        # The backward graphs are optimized apart, so sums are taken in another order. Some
        # gradients are zero but for rounding (a beta before a batch norm that takes it away
        # again), hence the floor: a hundred thousandth of the largest gradient.
        scale = max(np.abs(other).max(), 0.1 * largest)
        assert np.abs(one.numpy() - other).max() < 1e-4 * scale, name


def test_it_works_inside_a_function(artifact, batch):
    loaded = artifact().load()

    @tf.function
    def features(images):
        return loaded(images)

    assert (features(tf.constant(batch)).numpy() == loaded(batch).numpy()).all()


def test_it_survives_being_saved_inside_a_larger_model(artifact, batch, tmp_path):
    loaded = artifact().load()

    class Doubled(tf.Module):
        def __init__(self):
            super().__init__()
            self.features = loaded

        @tf.function(input_signature=[tf.TensorSpec([None, SIZE, SIZE, 3], tf.float32)])
        def __call__(self, images):
            return 2 * self.features(images)

    expected = loaded(batch).numpy()
    tf.saved_model.save(Doubled(), str(tmp_path / "doubled"))
    again = tf.saved_model.load(str(tmp_path / "doubled"))
    assert (again(batch).numpy() == 2 * expected).all()
    assert (again.features(batch).numpy() == expected).all()
    old = [v.numpy() for v in again.features.variables]
    again.features(batch, training=True, batch_norm_momentum=0.5)
    new = [v.numpy() for v in again.features.variables]
    assert sum((a != b).any() for a, b in zip(old, new, strict=True)) == 54
    endpoints = again.features(batch, return_endpoints=True)
    assert "MobilenetV1/Conv2d_1_pointwise" in endpoints


def test_a_keras_model_around_it_is_saved_and_loaded(artifact, batch, tmp_path):
    layer = hub.KerasLayer(artifact().path, trainable=True)
    model = tf_keras.Sequential([layer, tf_keras.layers.Dense(5)])
    model.build([None, SIZE, SIZE, 3])
    model.save(tmp_path / "model")
    again = tf_keras.models.load_model(tmp_path / "model")
    expected = model.predict(batch, verbose=0)
    assert (again.predict(batch, verbose=0) == expected).all()


DISTRIBUTED = """
import sys
import numpy as np
import tensorflow as tf

cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
with strategy.scope():
    module = tf.saved_model.load(sys.argv[1])
alone = tf.saved_model.load(sys.argv[1])
images = np.random.RandomState(0).uniform(0, 1, (2, 128, 128, 3)).astype("f")

@tf.function
def step(batch, training):
    return strategy.run(lambda x: module(x, training=training, batch_norm_momentum=0.9), [batch])

for output in strategy.experimental_local_results(step(tf.constant(images), False)):
    assert (output.numpy() == alone(images).numpy()).all()
old = [v.numpy() for v in module.variables]
step(tf.constant(images), True)
moved = sum((v.numpy() != o).any() for v, o in zip(module.variables, old))
print("moved", moved)
"""


def test_it_works_in_a_distribution_strategy(artifact):
    command = [sys.executable, "-c", DISTRIBUTED, artifact().path]
    run = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert run.stdout.strip() == "moved 54", run.stderr[-3000:]
