"""Where the logits of a graph are, whatever it makes of them."""

import pytest
import tensorflow.compat.v1 as tf

from slimhub.export.verify.original import ends
from slimhub.export.verify.original.graph_nodes import GraphNodes
from slimhub.export.verify.original.weighted_layers import find_layers


def found(build):
    with tf.Graph().as_default() as graph:
        features = tf.placeholder(tf.float32, [2, 4])
        weights = tf.get_variable("weights", [4, 3], use_resource=False)
        biases = tf.get_variable("biases", [3], use_resource=False)
        logits = tf.nn.bias_add(tf.matmul(features, weights), biases, name="logits")
        build(logits)
    nodes = GraphNodes(graph.as_graph_def())
    (head,) = find_layers(nodes, nodes.by_name)
    return ends.logits(nodes, head, ())


def labels():
    return tf.placeholder(tf.int32, [2])


CHANGED = {
    "scaled": lambda x: tf.nn.softmax(tf.multiply(x, 0.5, name="end")),
    "clipped": lambda x: tf.argmax(tf.reshape(tf.nn.relu(x, name="end"), [2, 3]), 1),
    "two steps": lambda x: tf.nn.top_k(tf.subtract(tf.nn.relu(x), 1.0, name="end"), 2),
    "a loss": lambda x: tf.nn.sparse_softmax_cross_entropy_with_logits(
        labels=labels(), logits=tf.divide(x, tf.get_variable("t", [], use_resource=False), "end")
    ),
}
PLAIN = {
    "nothing": lambda x: x,
    "softmax": lambda x: tf.nn.softmax(tf.reshape(x, [2, 3])),
    "a loss": lambda x: tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels(), logits=x),
    "a summary beside it": lambda x: (tf.reduce_mean(tf.nn.relu(x)), tf.nn.softmax(x)),
}


@pytest.mark.parametrize("kind", CHANGED)
def test_what_takes_the_place_of_logits_is_compared(kind):
    name, unfollowed = found(CHANGED[kind])
    assert name in ("end", "Reshape")
    assert unfollowed == []


@pytest.mark.parametrize("kind", PLAIN)
def test_logits_that_are_taken_as_they_are(kind):
    name, unfollowed = found(PLAIN[kind])
    assert name in ("logits", "Reshape")
    assert unfollowed == []


def test_a_loss_of_ones_own_is_told():
    name, unfollowed = found(lambda x: tf.reduce_mean(tf.square(x - tf.reduce_max(x))))
    assert (name, unfollowed) == ("logits", ["Max", "Sub"])


@pytest.mark.parametrize("op", ["Mul", "Relu"])
def test_other_logits_are_refused(networks, op):
    edited = networks.edited()
    more = [edited.constant("half", 0.5)] if op == "Mul" else []
    edited.insert(edited.named("Logits", "BiasAdd").name, op, *more)
    check = networks.judge(edited.graph)
    assert check.outcome == "failed"
    assert "differs first at its end: after MobilenetV1/Logits" in check.detail


def test_a_pass_tells_what_is_not_followed(networks):
    edited = networks.edited()
    last = [n for n in edited.graph.node if n.op == "Softmax"]
    for node in last:
        node.op = "Square"
    check = networks.judge(edited.graph)
    assert check.outcome == "passed", check.detail
    assert check.detail.endswith("; operations on its logits are not compared: Square")
