"""A graph may neither fill the memory nor take minutes, whatever it makes of little."""

import numpy as np
import pytest
import tensorflow.compat.v1 as tf

from slimhub.export.verify.original import constant_folds
from slimhub.export.verify.original.graph_nodes import GraphNodes
from slimhub.export.verify.original.refusal import NotComparableError
from slimhub.export.verify.original.runnable_part import RunnablePart


def part(build, needed=0):
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [1, 4, 4, 2], name="x")
        tf.identity(build(x), name="y")
    nodes = GraphNodes(graph.as_graph_def())
    return RunnablePart(nodes, {"y": "y"}, "x", (), [1, 4, 4, 2], {}, needed=needed)


def wide(values):
    """A padding whose size no shape function looks at while this graph is built."""
    return tf.pad(tf.constant([1.0]), tf.constant([[0, values - 1]]))


FOLDED = {
    "padding": lambda: wide(1 << 10),
    "product of two": lambda: tf.matmul(tf.zeros([9, 1]), tf.zeros([1, 9])),
}


@pytest.mark.parametrize("kind", FOLDED)
def test_constants_are_not_computed_before_their_size_is_known(kind):
    with pytest.raises(NotComparableError, match="from constants, which is not run"):
        part(
            lambda x: tf.reshape(x, tf.cast([tf.reduce_max(FOLDED[kind]()) * 0 + 32, 1], tf.int32))
        )


def test_constants_that_grow_step_by_step_are_refused():
    graph = tf.GraphDef()
    last = ""
    for i in range(4):
        shape = [1] * i + [1000] + [1] * (3 - i)
        node = graph.node.add(name=f"c{i}", op="Const")
        node.attr["value"].tensor.CopyFrom(tf.make_tensor_proto(np.zeros(shape, np.float32)))
        if last:
            graph.node.add(name=f"p{i}", op="Mul").input.extend([last, f"c{i}"])
        last = f"p{i}" if last else "c0"
    with pytest.raises(NotComparableError, match="too much memory: p2 is computed from constants"):
        constant_folds.require_small(graph)


def test_shapes_that_are_computed_are_run():
    def flat(x):
        shape = tf.shape(x)
        return tf.reshape(x, tf.stack([shape[0], tf.reduce_prod(shape[1:]) // 2, 2]))

    images = np.ones([1, 4, 4, 2], np.float32)
    assert part(flat).run(images)["y"].shape == (1, 16, 2)


def test_too_many_products_are_not_run():
    def build(x):
        large = tf.pad(tf.reshape(x, [4, 8]), [[0, 1996], [0, 1992]])
        return tf.matmul(large, large)

    with pytest.raises(NotComparableError, match=r"computes too much: 8\.0e\+09 multiplications"):
        part(build)
    assert part(build, needed=1 << 31)
