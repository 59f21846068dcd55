"""Batch norm by hand."""

import numpy as np
import pytest
import tensorflow.compat.v1 as tf

from slimhub.nets.layers.batch_norm import batch_norm

EPSILON = 0.001


@pytest.fixture
def inputs():
    return np.random.RandomState(0).normal(2, 3, (4, 5, 5, 3)).astype(np.float32)


def run(inputs, is_training, momentum=0.9):
    """Output and variables after one call, with moving mean 1 and variance 2."""
    with tf.Graph().as_default(), tf.Session() as session:
        output = batch_norm(
            tf.constant(inputs),
            decay=momentum,
            rate=1 - momentum,
            epsilon=EPSILON,
            is_training=is_training,
        )
        variables = {v.op.name.split("/")[-1]: v for v in tf.global_variables()}
        session.run(tf.global_variables_initializer())
        variables["moving_mean"].load(np.full(3, 1, np.float32), session)
        variables["moving_variance"].load(np.full(3, 2, np.float32), session)
        updates = tf.get_collection(tf.GraphKeys.UPDATE_OPS)
        value, _ = session.run([output, updates])
        return value, session.run(variables)


def test_training_uses_the_batch_and_moves_the_statistics(inputs):
    output, variables = run(inputs, is_training=True)
    values = inputs.astype(np.float64).reshape(-1, 3)
    expected = (inputs - values.mean(0)) / np.sqrt(values.var(0) + EPSILON)
    np.testing.assert_allclose(output, expected, atol=1e-5)
    np.testing.assert_allclose(variables["moving_mean"], 0.9 + 0.1 * values.mean(0), rtol=1e-6)
    unbiased = values.var(0, ddof=1)
    np.testing.assert_allclose(variables["moving_variance"], 1.8 + 0.1 * unbiased, rtol=1e-6)


def test_inference_uses_the_moving_statistics_and_moves_nothing(inputs):
    output, variables = run(inputs, is_training=False)
    np.testing.assert_allclose(output, (inputs - 1) / np.sqrt(2 + EPSILON), atol=1e-5)
    assert (variables["moving_mean"] == 1).all()
    assert (variables["moving_variance"] == 2).all()


def test_momentum_one_changes_nothing(inputs):
    _, variables = run(inputs, is_training=True, momentum=1.0)
    assert (variables["moving_mean"] == 1).all()
    assert (variables["moving_variance"] == 2).all()
