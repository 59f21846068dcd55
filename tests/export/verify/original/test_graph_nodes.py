"""Branches of conditions are decided, whatever else a graph asks for is not."""

import pytest
import tensorflow.compat.v1 as tf

from slimhub.export.verify.original.graph_nodes import GraphNodes


@pytest.fixture(params=["placeholder", "placeholder with default", "constant"])
def condition(request):
    """A graph of TensorFlow 1 with a branch for training and one for inference."""
    with tf.Graph().as_default() as graph:
        tf.disable_control_flow_v2()
        x = tf.placeholder(tf.float32, [2], name="x")
        is_training = {
            "placeholder": lambda: tf.placeholder(tf.bool, []),
            "placeholder with default": lambda: tf.placeholder_with_default(False, []),
            "constant": lambda: tf.identity(tf.constant(False)),
        }[request.param]()
        noisy = lambda: x * tf.random.uniform([2], name="noise")  # noqa: E731
        y = tf.cond(is_training, noisy, lambda: tf.nn.relu(x, name="still"))
        tf.identity(y, name="y")
    yield request.param, graph.as_graph_def()
    tf.enable_control_flow_v2()


def test_the_branch_of_inference_is_taken(condition):
    _, graph = condition
    found = GraphNodes(graph).ancestors(["y"])
    assert {GraphNodes(graph).op(name) for name in found} == {"Identity", "Relu", "Placeholder"}
    assert "cond/still" in found


def test_the_branch_of_training_is_taken_where_it_is_asked_for(condition):
    kind, graph = condition
    found = GraphNodes(graph, is_training=True).ancestors(["y"])
    assert ("cond/still" in found) == (kind != "placeholder")  # the others say it themselves


def test_what_the_graph_computes_itself_is_not_decided():
    with tf.Graph().as_default() as graph:
        tf.disable_control_flow_v2()
        x = tf.placeholder(tf.float32, [], name="x")
        tf.identity(tf.cond(x > 0, lambda: x + 1, lambda: x - 1), name="y")
        tf.enable_control_flow_v2()
    nodes = GraphNodes(graph.as_graph_def())
    assert "Merge" in {nodes.op(name) for name in nodes.ancestors(["y"])}


def test_a_loop_ends():
    with tf.Graph().as_default() as graph:
        tf.disable_control_flow_v2()
        loop = tf.while_loop(lambda i: i < 10, lambda i: i + 1, [tf.constant(0)])
        tf.identity(loop, name="y")
        tf.enable_control_flow_v2()
    nodes = GraphNodes(graph.as_graph_def())
    assert "NextIteration" in {nodes.op(name) for name in nodes.ancestors(["y"])}
    assert "y" in nodes.descendants("Const")
