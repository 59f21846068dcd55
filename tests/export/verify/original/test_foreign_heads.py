"""Graphs with something of their owner's behind the network, or dropout before its logits."""

import numpy as np
import pytest
import tensorflow.compat.v1 as tf

from slimhub import nets
from slimhub.nets.layers import trunk
from tests.fixtures.graph_edits import EditedGraph

_NETWORK = "mobilenet_v1_025_128"
_WITH_DROPOUT = "mobilenet_v3_small_075_224"


def features(is_training=False, network=_NETWORK):
    spec = nets.get(network)
    images = tf.placeholder(tf.float32, [None, spec.image_size, spec.image_size, 3])
    endpoints = trunk.build_network(
        spec, images * 2 - 1, num_classes=None, is_training=is_training, batch_norm_momentum=0.99
    )
    return tf.squeeze(endpoints[spec.feature_endpoint], [1, 2])


@pytest.fixture(scope="module")
def judged(networks):
    def judge(graph, task="feature_vector", is_training=False, name=_NETWORK):
        return networks.judge(graph, task, is_training, name)

    return judge


@pytest.mark.parametrize("behind", ["norm", "same width", "classes", "nothing"])
def test_what_is_behind_the_features_is_not_compared(judged, behind):
    with tf.Graph().as_default() as graph:
        made = features()
        width = int(made.shape[-1])
        if behind == "norm":
            tf.nn.l2_normalize(made, axis=1)
        elif behind != "nothing":
            units = width if behind == "same width" else 7
            weights = tf.get_variable("mine/weights", [width, units], use_resource=False)
            tf.nn.softmax(tf.matmul(made, weights))
    check = judged(graph.as_graph_def())
    assert check.outcome == "passed", check.detail
    assert check.difference == 0


def test_a_head_with_loss_and_optimizer_in_training(judged):
    with tf.Graph().as_default() as graph:
        made = tf.nn.dropout(features(is_training=True), rate=0.2)
        weights = tf.get_variable("mine/weights", [int(made.shape[-1]), 7], use_resource=False)
        loss = tf.reduce_mean(tf.matmul(made, weights) ** 2)
        tf.train.MomentumOptimizer(0.1, 0.9).minimize(loss)
    check = judged(graph.as_graph_def(), is_training=True)
    assert (check.area, check.outcome) == ("training", "passed"), check.detail


def test_a_difference_before_a_head_of_ones_own_is_seen(judged):
    with tf.Graph().as_default() as graph:
        tf.nn.l2_normalize(features(), axis=1)
    edited = EditedGraph(graph.as_graph_def())
    edited.named("Conv2d_13_pointwise", "Relu6").op = "Elu"
    check = judged(edited.graph)
    assert check.outcome == "failed", check.detail
    assert "the activation Elu, not Relu6" in check.detail


@pytest.fixture
def dropped(networks):
    return EditedGraph(networks.get("classification", True, _WITH_DROPOUT).graph_def())


def test_logits_behind_dropout_are_compared(judged, dropped):
    check = judged(dropped.graph, "classification", True, _WITH_DROPOUT)
    assert (check.area, check.outcome, check.difference) == ("training", "passed", 0), check.detail
    assert check.detail.endswith("its dropout is left out")


def test_other_logits_behind_dropout_are_refused(judged, dropped):
    edited = dropped
    head = next(n for n in edited.graph.node if "Logits" in n.name and n.op == "BiasAdd")
    edited.insert(head.input[0], "Mul", edited.constant("half", np.float32(0.5)))
    check = judged(edited.graph, "classification", True, _WITH_DROPOUT)
    assert check.outcome == "failed"
    assert "computes other logits from the same features" in check.detail
