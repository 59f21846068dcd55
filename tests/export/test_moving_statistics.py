"""Batch norm's moving statistics move by the formula, and only when they should."""

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_hub as hub
import tf_keras

from tests.fixtures import support

NETWORK = "mobilenet_v3_small_075_224"
SIZE = 224


@pytest.fixture(scope="module")
def batch():
    return support.images(4, SIZE, seed=3)


@pytest.fixture(scope="module")
def batch_statistics(artifact, batch):
    """Mean and unbiased variance of what enters each batch norm, by hand, in float64."""
    source = support.SourceNetwork(artifact(NETWORK).spec, None, is_training=True)
    kernels = [op for op in source.graph.get_operations() if op.type == "FusedBatchNormV3"]
    entering = source.run({op.name: op.inputs[0] for op in kernels}, batch)
    statistics = {}
    for name, value in entering.items():
        rows = value.astype(np.float64).reshape(-1, value.shape[-1])
        scope = name.rsplit("/", 1)[0]
        statistics[f"{scope}/moving_mean"] = rows.mean(0)
        statistics[f"{scope}/moving_variance"] = rows.var(0, ddof=1)
    return statistics


def values(variables):
    return {variable.name.removesuffix(":0"): variable.numpy() for variable in variables}


def check_formula(old, new, momentum, statistics):
    assert len(statistics) == 68
    for name, batch_value in statistics.items():
        expected = momentum * old[name] + (1 - momentum) * batch_value
        # float32 statistics of up to 50176 numbers: relative to the largest of a layer.
        assert support.relative_difference(new[name], expected) < 1e-5, name
    for name in set(old) - set(statistics):
        assert (old[name] == new[name]).all(), name


@pytest.mark.parametrize("momentum", [0.9, 0.997, 1.0])
@pytest.mark.parametrize("return_endpoints", [False, True])
def test_one_training_call_moves_all_by_the_formula(
    artifact, batch, batch_statistics, momentum, return_endpoints
):
    loaded = artifact(NETWORK).load()
    old = values(loaded.variables)
    loaded(batch, True, return_endpoints, momentum)
    new = values(loaded.variables)
    check_formula(old, new, momentum, batch_statistics)
    if momentum == 1.0:
        assert all((old[name] == new[name]).all() for name in old)


def test_the_default_momentum_is_99_percent(artifact, batch, batch_statistics):
    loaded = artifact(NETWORK).load()
    old = values(loaded.variables)
    loaded(batch, training=True)
    check_formula(old, values(loaded.variables), 0.99, batch_statistics)


def test_inference_changes_no_bit(artifact, batch):
    loaded = artifact(NETWORK).load()
    old = values(loaded.variables)
    loaded(batch)
    loaded(batch, training=False, return_endpoints=True, batch_norm_momentum=0.5)
    loaded.signatures["serving_default"](inputs=tf.constant(batch))
    assert all((old[name] == value).all() for name, value in values(loaded.variables).items())


@pytest.mark.parametrize("momentum", [0.9, 0.997, 1.0])
def test_fit_moves_them_by_the_formula(artifact, batch, batch_statistics, momentum):
    arguments = {"batch_norm_momentum": momentum}
    layer = hub.KerasLayer(artifact(NETWORK).path, trainable=True, arguments=arguments)
    model = tf_keras.Sequential([layer, tf_keras.layers.Dense(5, activation="softmax")])
    model.build([None, SIZE, SIZE, 3])
    # Without a learning rate nothing but the statistics moves.
    model.compile(tf_keras.optimizers.SGD(0.0), "sparse_categorical_crossentropy")
    old = values(layer.variables)
    model.fit(batch, np.arange(len(batch)), batch_size=len(batch), verbose=0)
    check_formula(old, values(layer.variables), momentum, batch_statistics)


def test_predict_and_a_frozen_layer_change_no_bit(artifact, batch):
    layer = hub.KerasLayer(artifact(NETWORK).path, trainable=False)
    model = tf_keras.Sequential([layer, tf_keras.layers.Dense(5, activation="softmax")])
    model.build([None, SIZE, SIZE, 3])
    model.compile("sgd", "sparse_categorical_crossentropy")
    old = values(layer.variables)
    model.fit(batch, np.arange(len(batch)), verbose=0)
    model.predict(batch, verbose=0)
    assert all((old[name] == value).all() for name, value in values(layer.variables).items())
