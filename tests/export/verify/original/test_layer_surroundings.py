"""What is read off a graph between two layers."""

from collections import Counter

import pytest
import tensorflow.compat.v1 as tf

from slimhub.export.verify.original import layer_surroundings
from slimhub.export.verify.original.graph_nodes import GraphNodes


def activations(build):
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [1, 4, 4, 2], name="x")
        tf.identity(build(x), name="y")
    return layer_surroundings.look(GraphNodes(graph.as_graph_def()), "y", {}, "x", ()).activations


@pytest.mark.parametrize(
    ("build", "left"),
    [
        (lambda x: tf.nn.relu(tf.nn.relu6(x)), "Relu6"),
        (lambda x: tf.nn.relu6(tf.nn.relu(x)), "Relu6"),
        (lambda x: tf.nn.relu(tf.nn.max_pool(tf.nn.relu(x), 2, 2, "SAME")), "Relu"),
        (lambda x: tf.nn.relu6(tf.sigmoid(x)), "Sigmoid"),
    ],
)
def test_activations_that_change_nothing_do_not_count(build, left):
    assert activations(build) == Counter({left: 1})


@pytest.mark.parametrize(
    ("build", "left"),
    [
        (lambda x: tf.nn.relu(tf.nn.elu(x)), {"Relu": 1, "Elu": 1}),
        (lambda x: tf.nn.relu6(tf.nn.softplus(x)), {"Relu6": 1, "Softplus": 1}),
        (lambda x: tf.nn.relu(tf.nn.relu(x) - 1), {"Relu": 2}),
    ],
)
def test_others_count(build, left):
    assert activations(build) == Counter(left)


def test_a_second_activation_that_changes_nothing_is_no_difference(networks):
    edited = networks.edited()
    edited.insert(edited.named("Conv2d_13_pointwise", "Relu6").name, "Relu")
    check = networks.judge(edited.graph)
    assert (check.outcome, check.difference) == ("passed", 0), check.detail
