"""Bodies of functions in place of their calls."""

import pytest
import tensorflow as tf

from slimhub.export.verify.original import function_calls
from slimhub.export.verify.original.graph_nodes import GraphNodes
from slimhub.export.verify.original.refusal import NotComparableError


@pytest.fixture
def nested():
    """A graph that calls a function, which calls another one twice."""

    @tf.function
    def inner(x):
        return tf.nn.relu(x), tf.nn.elu(x)

    @tf.function
    def outer(x):
        first, _ = inner(x * 2)
        _, second = inner(first)
        return second

    with tf.Graph().as_default() as graph:
        x = tf.compat.v1.placeholder(tf.float32, [2], name="x")
        tf.identity(outer(x), name="y")
    return graph.as_graph_def()


def test_calls_are_seen_through(nested):
    nodes = GraphNodes(function_calls.inline(nested))
    found = [nodes.op(name) for name in nodes.ancestors(["y"])]
    assert [op for op in found if op not in ("Identity", "Const")] == [
        "Placeholder",
        "Mul",
        "Relu",
        "Elu",
    ]


def test_a_graph_without_functions_stays_as_it_is():
    with tf.Graph().as_default() as graph:
        tf.constant(1)
    proto = graph.as_graph_def()
    assert function_calls.inline(proto) is proto


def test_a_function_that_calls_itself_is_refused(nested):
    for function in nested.library.function:
        for node in function.node_def:
            if node.op == "PartitionedCall":
                node.attr["f"].func.name = function.signature.name
    with pytest.raises(NotComparableError, match="call each other too often"):
        function_calls.inline(nested)
