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


def visited(build):
    """How many nodes were looked at before a graph of some size is read."""
    graph = tf.GraphDef()
    build(graph)
    nodes = GraphNodes(graph)
    return nodes, nodes.visits


def add(graph, name, op, *inputs):
    graph.node.add(name=name, op=op).input.extend(inputs)
    return name


def test_a_condition_of_many_branches_is_looked_up_once():
    def build(graph):
        last = add(graph, "p", "Placeholder")
        for i in range(500):
            last = add(graph, f"id{i}", "Identity", last)
        for i in range(500):
            add(graph, f"switch{i}", "Switch", "p", last)
            add(graph, f"use{i}", "Identity", f"switch{i}:1")

    nodes, visits = visited(build)
    assert nodes.live("switch499:1") == "p"
    assert 500 <= visits < 2000


def test_a_node_of_many_inputs_is_looked_at_once():
    def build(graph):
        names = [add(graph, f"k{i}", "Const") for i in range(500)]
        add(graph, "many", "NoOp", *(f"^{name}" for name in names))
        add(graph, "a", "Identity", "k0", "^many")
        add(graph, "merged", "Merge", "a", "k1")
        add(graph, "y", "Identity", "merged")

    nodes, visits = visited(build)
    assert nodes.live("merged") == "merged"
    assert 500 <= visits < 2000
