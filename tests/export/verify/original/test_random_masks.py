"""Dropout as each release of TensorFlow writes it, and what only looks like it."""

import pytest
import tensorflow.compat.v1 as tf

from slimhub.export.verify.original import random_masks
from slimhub.export.verify.original.graph_nodes import GraphNodes, node_of
from slimhub.export.verify.original.rates import Rates


def raw(shape):
    """Random numbers from 0 to 1, as one operation."""
    return tf.raw_ops.RandomUniform(shape=shape, dtype=tf.float32)


def uniform(x, low=0.0, high=1.0):
    """As `tf.random_uniform` of TensorFlow 1 writes it."""
    low, high = tf.constant(low), tf.constant(high)
    return raw(tf.shape(x)) * tf.subtract(high, low) + low


def asked():
    return tf.placeholder(tf.float32, name="keep_prob")


def floor(x, keep):
    """`tf.nn.dropout` of 1.0 to 1.12."""
    return tf.div(x, keep) * tf.floor(keep + uniform(x))


def threshold(x, rate):
    """`tf.nn.dropout` of 1.13 to 1.15."""
    return x * (1 / (1 - rate)) * tf.cast(uniform(x) >= rate, tf.float32)


def by_choice(x, rate):
    """As TensorFlow 2 writes it, with zeros for what is dropped."""
    return tf.where(uniform(x) >= rate, x / (1 - rate), tf.zeros_like(x))


DROPOUT = {
    "1.0": lambda x: floor(x, tf.constant(0.8)),
    "1.13": lambda x: threshold(x, tf.constant(0.2)),
    "2": lambda x: tf.nn.dropout(x, rate=0.2),
    "choice": lambda x: by_choice(x, tf.constant(0.2)),
    "choice of the other branch": lambda x: tf.where(raw([2, 4]) < 0.2, tf.zeros([2, 4]), x / 0.8),
    "asked for, 1.0": lambda x: floor(x, asked()),
    "asked for, 1.13": lambda x: threshold(x, 1 - asked()),
    "asked for, 2": lambda x: tf.nn.dropout(x, keep_prob=asked()),
    "with a default": lambda x: floor(x, tf.placeholder_with_default(1.0, [])),
    "divided afterwards": lambda x: x * tf.floor(0.8 + uniform(x)) / 0.8,
    "a scaled mask": lambda x: x * (tf.cast(uniform(x) < 0.8, tf.float32) / 0.8),
    "another range": lambda x: x * tf.cast(uniform(x, -1.0, 1.0) > 0.0, tf.float32) * 2.0,
}
OTHERS = {
    "half in the other branch": lambda x: tf.where(raw([2, 4]) < 1e-6, x, x * 0.5),
    "a product by 3": lambda x: (x * 3.0) * tf.cast(uniform(x) < 0.5, tf.float32),
    "another share": lambda x: (x / 0.25) * tf.cast(uniform(x) < 0.9, tf.float32),
    "no share": lambda x: x * tf.cast(uniform(x) < 0.5, tf.float32),
    "two rates": lambda x: (x / asked()) * tf.floor(asked() + uniform(x)),
    "random factors": lambda x: x * (0.5 + tf.random_normal(tf.shape(x), stddev=0.5)),
    "uniform factors": lambda x: x * uniform(x, 0.0, 2.0),
    "Gaussian noise": lambda x: x + tf.random_normal(tf.shape(x), stddev=0.1),
    "uniform noise": lambda x: x + uniform(x, -0.1, 0.1),
    "two random numbers": lambda x: x * tf.floor(0.5 * (uniform(x) + uniform(x)) + 0.5) * 2.0,
    "more than one": lambda x: (x / 2.0) * tf.floor(uniform(x, 0.0, 4.0)),
    "a mask of no data": lambda x: x + floor(tf.ones([2, 4]), tf.constant(0.8)),
}


def found(build):
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [2, 4], name="x")
        tf.identity(build(tf.nn.relu(x, name="layer")), name="y")
    nodes = GraphNodes(graph.as_graph_def())
    dropped, random = random_masks.find(nodes, {"x"}, nodes.descendants("layer"))
    nodes.bypass(dropped)
    return [node_of(tensor) for tensor in dropped.values()], node_of(nodes.inputs("y")[0]), random


@pytest.mark.parametrize("kind", DROPOUT)
def test_dropout_is_left_out(kind):
    dropped, output, random = found(DROPOUT[kind])
    assert dropped == ["layer"]
    assert output == "layer"
    assert "y" not in random


@pytest.mark.parametrize("kind", OTHERS)
def test_what_only_looks_like_it_stays_random(kind):
    dropped, _, random = found(OTHERS[kind])
    assert dropped == []
    assert "y" in random


def test_a_product_by_a_number_before_dropout_stays():
    """Hard swish ends so."""
    dropped, output, _ = found(lambda x: threshold(x * (1 / 6), tf.constant(0.2)))
    assert dropped == [output]
    assert output != "layer"


def test_numbers_that_are_made_in_many_ways_take_no_time():
    with tf.Graph().as_default() as graph:
        number = tf.constant(0.5)
        for _ in range(15):
            number = tf.multiply(number, number)
        tf.identity(number, name="y")
    nodes = CountedNodes(graph.as_graph_def())
    assert Rates(nodes, 0.5).number("y") == 0.0
    assert nodes.asked < 100


class CountedNodes(GraphNodes):
    asked = 0

    def inputs(self, name):
        self.asked += 1
        return super().inputs(name)
