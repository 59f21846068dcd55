"""The size of images that a graph was built for."""

import pytest
import tensorflow.compat.v1 as tf

from slimhub.export.verify.original import image_sizes
from slimhub.export.verify.original.graph_nodes import GraphNodes


def found(build, shape, dtype=tf.float32):
    with tf.Graph().as_default() as graph:
        tf.identity(build(tf.placeholder(dtype, shape)), name="feed")
    return image_sizes.find(GraphNodes(graph.as_graph_def()), "feed")


@pytest.mark.parametrize(
    ("build", "shape", "size"),
    [
        (lambda x: x * 2 - 1, [None, 160, 192, 3], (160, 192)),
        (lambda x: tf.expand_dims(x, 0) / 255, [160, 192, 3], (160, 192)),
        (lambda x: x - 1, [None, None, None, 3], None),
        (lambda x: tf.image.resize(x, [128, 96]) - 1, [1, 480, 640, 3], (128, 96)),
        (lambda x: tf.image.resize(x, tf.shape(x)[1:3] // 2), [1, 480, 640, 3], None),
        (lambda x: x[:, 6:134, 6:134] * 2, [None, 140, 140, 3], None),
        (lambda x: tf.pad(x, [[0, 0], [1, 1], [1, 1], [0, 0]]), [1, 126, 126, 3], None),
        (lambda x: tf.random_crop(x, [1, 128, 128, 3]), [1, 140, 140, 3], None),
    ],
)
def test_sizes(build, shape, size):
    assert found(build, shape) == size


def test_a_resize_inside_the_graph_is_compared(networks):
    edited = networks.edited()
    dims = edited.nodes["Placeholder"].attr["shape"].shape.dim
    dims[1].size = dims[2].size = 140
    size = edited.graph.node.add(name="size", op="Const")
    size.attr["dtype"].type = tf.int32.as_datatype_enum
    size.attr["value"].tensor.CopyFrom(tf.make_tensor_proto([128, 128]))
    edited.insert("Placeholder", "ResizeBilinear", "size")
    check = networks.judge(edited.graph)
    assert check.outcome == "passed", check.detail
