"""What several test modules need: reference data, synthetic weights, source graphs."""

from __future__ import annotations

import json
import os
import zlib
from pathlib import Path

import numpy as np
import pytest

from slimhub import nets

REPOSITORY = Path(__file__).resolve().parent.parent
_DEFAULT_REFERENCE = REPOSITORY.parent / "shared" / "reference"
REFERENCE = Path(os.environ.get("SLIMHUB_REFERENCE", _DEFAULT_REFERENCE))
OWN_ORACLES = Path(__file__).parent / "data" / "oracles"

needs_reference = pytest.mark.skipif(
    not REFERENCE.is_dir(), reason="no reference data; SLIMHUB_REFERENCE names its folder"
)


def synthetic_value(name: str, shape: tuple[int, ...]) -> np.ndarray:
    """The value that the oracles' networks have under a variable name."""
    rng = np.random.RandomState(zlib.crc32(name.encode()) & 0x7FFFFFFF)
    leaf = name.rsplit("/", 1)[-1]
    if leaf in ("moving_variance", "gamma"):
        value = rng.uniform(0.5, 1.5, shape)
    elif leaf in ("moving_mean", "beta", "biases"):
        value = rng.normal(0, 0.1, shape)
    else:
        fan_in = np.prod(shape[:2] if leaf == "depthwise_weights" else shape[:-1])
        value = rng.normal(0, np.sqrt(2 / fan_in), shape)
    return value.astype(np.float32)


def images(count: int, size: int, seed: int = 0) -> np.ndarray:
    """Noise f32[count, size, size, 3] in [0, 1]; seed 0 and count 2 are the oracles' images."""
    return np.random.RandomState(seed).uniform(0, 1, (count, size, size, 3)).astype(np.float32)


def relative_difference(actual: np.ndarray, expected: np.ndarray) -> float:
    """Largest difference relative to the largest magnitude expected."""
    actual, expected = np.asarray(actual), np.asarray(expected)
    assert actual.shape == expected.shape
    return float(np.abs(actual - expected).max() / np.abs(expected).max())


def oracles() -> dict[str, Path]:
    """Oracle files of registered networks, by network."""
    folders = (REFERENCE / "oracles", OWN_ORACLES)
    paths = {path.stem: path for folder in folders for path in sorted(folder.glob("*.npz"))}
    return {name: path for name, path in paths.items() if name in nets.names()}


def load_oracle(path: Path) -> tuple[dict, dict[str, np.ndarray]]:
    """Description and arrays of an oracle."""
    with np.load(path) as file:
        arrays = {key: file[key] for key in file.files}
    return json.loads(str(arrays.pop("meta"))), arrays


class SourceNetwork:
    """A network in a plain TF1 graph and session, filled with values by name."""

    def __init__(
        self, spec, num_classes, value=synthetic_value, *, is_training=False, momentum=0.9
    ):
        import tensorflow.compat.v1 as tf

        from slimhub.nets.layers import trunk

        self.spec = spec
        self.graph = tf.Graph()
        with self.graph.as_default():
            size = spec.image_size
            self.images = tf.placeholder(tf.float32, [None, size, size, 3])
            self.endpoints = trunk.build_network(
                spec,
                spec.input_scaling.apply(self.images),
                num_classes=num_classes,
                is_training=is_training,
                batch_norm_momentum=momentum,
            )
            feature = self.endpoints[spec.feature_endpoint]
            self.feature = tf.reshape(feature, [-1, spec.feature_depth])
            self.updates = tf.get_collection(tf.GraphKeys.UPDATE_OPS)
            self.variables = {v.op.name: v for v in tf.global_variables()}
            self.trainable = {v.op.name for v in tf.trainable_variables()}
            self.session = tf.Session(graph=self.graph)
            filled = {
                v.initializer.inputs[1]: value(n, tuple(v.shape)) for n, v in self.variables.items()
            }
            self.session.run([v.initializer for v in self.variables.values()], filled)

    def run(self, fetches, batch):
        """Values of fetches for a batch of images."""
        return self.session.run(fetches, {self.images: batch})
