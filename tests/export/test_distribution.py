"""Under a distribution strategy artifacts do what the layers of Keras do."""

import dataclasses
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from tests.fixtures import support

pytestmark = pytest.mark.slow

NETWORK = "mobilenet_v1_025_128"
SIZE, STEPS, MOMENTUM = 128, 3, 0.9

# Logical devices have to be configured before TensorFlow starts: this runs in a process of its
# own. It takes an artifact, images, a folder to save into, and a learning rate.
PROGRAM = """
import sys
import numpy as np
import tensorflow as tf
import tensorflow_hub as hub
import tf_keras

artifact, images, folder, rate = sys.argv[1:]
(cpu,) = tf.config.list_physical_devices("CPU")
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
strategy = tf.distribute.MirroredStrategy(["cpu:0", "cpu:1"])
images = np.load(images)
# Each batch is split in two halves: replica 0 gets the first.
batches = tf.data.Dataset.from_tensors((images, np.arange(len(images)))).repeat(STEPS)


def fit(layers, name):
    model = tf_keras.Sequential([*layers, tf_keras.layers.Dense(len(images), "softmax")])
    model.build([None, *images.shape[1:]])
    model.compile(tf_keras.optimizers.SGD(float(rate)), "sparse_categorical_crossentropy")
    model.fit(batches, verbose=0)
    tf.saved_model.save(model, f"{folder}/{name}")


def first_layers(values):
    # The network's first convolution and batch norm, as Keras has them.
    scope = "MobilenetV1/Conv2d_0/"
    kernel = values[scope + "weights"]
    norm = tf_keras.layers.BatchNormalization(momentum=MOMENTUM, epsilon=1e-3)
    convolution = tf_keras.layers.Conv2D(kernel.shape[-1], 3, 2, "same", use_bias=False)
    rescaling = tf_keras.layers.Rescaling(2, -1)
    convolution.build(images.shape)
    norm.build([None, None, None, kernel.shape[-1]])
    convolution.set_weights([kernel])
    leaves = ("gamma", "beta", "moving_mean", "moving_variance")
    norm.set_weights([values[f"{scope}BatchNorm/{leaf}"] for leaf in leaves])
    return [rescaling, convolution, norm, tf_keras.layers.GlobalAveragePooling2D()]


loaded = tf.saved_model.load(artifact)
values = {v.name.removesuffix(":0"): v.numpy() for v in loaded.variables}
with strategy.scope():
    layer = hub.KerasLayer(
        artifact, trainable=True, arguments=dict(batch_norm_momentum=MOMENTUM)
    )
    fit([layer], "artifact")
    fit(first_layers(values), "keras")
found = {}
for variable in layer.variables:
    name = variable.name.removesuffix(":0").replace("/", "|")
    found["read|" + name] = variable.numpy()
    for replica, local in enumerate(strategy.experimental_local_results(variable)):
        found[f"replica {replica}|{name}"] = local
np.savez(folder + "/found.npz", **found)
"""


@dataclasses.dataclass(frozen=True)
class Trained:
    """What two replicas made of an artifact."""

    folder: Path

    def saved(self, name="artifact"):
        """Values in the saved model, by variable name."""
        loaded = tf.saved_model.load(str(self.folder / name))
        return {v.name.removesuffix(":0"): v.numpy() for v in loaded.variables}

    def found(self, where):
        """Values in the training process."""
        with np.load(self.folder / "found.npz") as arrays:
            return {
                key.partition("|")[2].replace("|", "/"): arrays[key]
                for key in arrays.files
                if key.startswith(f"{where}|")
            }


@pytest.fixture(scope="module")
def images():
    """The halves differ: the statistics of replica 1 are not those of replica 0."""
    noise = support.images(4, SIZE, seed=7)
    noise[2:] = noise[2:] ** 4
    return noise


def train_two_replicas(artifact, images, folder, learning_rate):
    np.save(folder / "images.npy", images)
    program = f"STEPS, MOMENTUM = {STEPS}, {MOMENTUM}\n{PROGRAM}"
    arguments = [artifact, folder / "images.npy", folder, learning_rate]
    command = [sys.executable, "-c", program, *map(str, arguments)]
    run = subprocess.run(command, capture_output=True, text=True, timeout=600)
    assert run.returncode == 0, run.stderr[-3000:]
    return Trained(folder)


@pytest.fixture(scope="module")
def trained(artifact, images, tmp_path_factory):
    """Without a learning rate nothing but the statistics moves, and no weight hides why."""
    return train_two_replicas(artifact(NETWORK).path, images, tmp_path_factory.mktemp("still"), 0.0)


def alone(artifact, batch):
    """All variables after the same steps on one device."""
    loaded = artifact(NETWORK).load()
    for _ in range(STEPS):
        loaded(batch, training=True, batch_norm_momentum=MOMENTUM)
    return {v.name.removesuffix(":0"): v.numpy() for v in loaded.variables}


def statistics(named):
    return {name: value for name, value in named.items() if "/moving_" in name}


def test_the_mean_over_replicas_is_read_and_saved(artifact, images, trained):
    halves = [alone(artifact, images[:2]), alone(artifact, images[2:])]
    saved, read = trained.saved(), trained.found("read")
    assert len(statistics(saved)) == 54
    for name in statistics(saved):
        first, second = (half[name] for half in halves)
        for replica, expected in enumerate((first, second)):
            local = trained.found(f"replica {replica}")[name]
            assert support.relative_difference(local, expected) < 1e-6, name
        mean = (first.astype(np.float64) + second) / 2
        assert support.relative_difference(first, mean) > 1e-4, name
        assert support.relative_difference(saved[name], mean) < 1e-6, name
        assert (saved[name] == read[name]).all(), name


def test_the_statistics_are_those_of_batch_norm_in_keras(trained):
    saved, keras = trained.saved(), trained.saved("keras")
    for leaf in ("moving_mean", "moving_variance"):
        found = saved[f"MobilenetV1/Conv2d_0/BatchNorm/{leaf}"]
        expected = keras[leaf]  # built by itself, a layer adds no scope
        assert support.relative_difference(found, expected) < 1e-6, leaf


def test_every_trained_variable_learns_the_same_on_both_replicas(artifact, images, tmp_path):
    path = artifact(NETWORK).path
    trained = train_two_replicas(path, images, tmp_path, 0.1)
    old = {v.name.removesuffix(":0"): v.numpy() for v in artifact(NETWORK).load().variables}
    saved = trained.saved()
    first, second = trained.found("replica 0"), trained.found("replica 1")
    learning = set(old) - set(statistics(old))
    assert len(learning) == 81
    for name in learning:
        assert (first[name] == second[name]).all(), name
        assert (saved[name] == first[name]).all(), name
        assert (saved[name] != old[name]).any(), name
    for name in statistics(old):
        assert (first[name] != second[name]).any(), name
        mean = (first[name].astype(np.float64) + second[name]) / 2
        assert support.relative_difference(saved[name], mean) < 1e-6, name
