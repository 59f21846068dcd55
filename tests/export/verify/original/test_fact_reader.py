"""What a graph shows of its network, read off plain graphs."""

import pytest
import tensorflow.compat.v1 as tf
import tf_slim as slim

from slimhub import nets
from slimhub.export.verify.graph_facts import GraphFacts
from slimhub.export.verify.original import fact_reader, graph_scale
from slimhub.export.verify.original.graph_nodes import GraphNodes
from slimhub.export.verify.original.refusal import NoSingleValueError
from slimhub.nets.scaling import BY_NAME
from tests.fixtures import plain_mobilenet
from tests.fixtures.graph_edits import EditedGraph

NETWORK = plain_mobilenet.NETWORK
SPEC = nets.get(NETWORK)
MEAN = (123.68, 116.78, 103.94)


def graph_of(**options):
    with tf.Graph().as_default() as graph:
        pixels = tf.cast(tf.placeholder(tf.uint8, [None, 32, 32, 3]), tf.float32)
        plain_mobilenet.features(pixels / 127.5 - 1, **options)
    return graph.as_graph_def()


def read(graph):
    shapes = nets.stored_variables(NETWORK)
    (facts,) = fact_reader.read(graph, shapes, SPEC.head, "", SPEC.image_shape)
    return facts


@pytest.fixture(scope="module")
def plain():
    return graph_of()


@pytest.fixture(scope="module")
def dilated():
    return graph_of(output_stride=16)


def test_a_plain_graph(plain, dilated):
    assert read(plain) == GraphFacts((32, 32), 0.001, 32, "symmetric")
    assert read(dilated) == GraphFacts((32, 32), 0.001, 16, "symmetric")


@pytest.mark.parametrize("is_training", [False, True])
def test_fused_norms(networks, is_training):
    edited = networks.edited("feature_vector", is_training=is_training)
    assert read(edited.graph).batch_norm_epsilon == 0.001
    norms = [node for node in edited.graph.node if node.op == "FusedBatchNormV3"]
    for node in norms:
        node.attr["epsilon"].f = 2e-5
    assert read(edited.graph).batch_norm_epsilon == 2e-5
    norms[3].attr["epsilon"].f = 1e-3  # they are not all the same
    assert several_in(edited.graph) == ("batch_norm_epsilon",)


def several_in(graph):
    """What a graph contradicts others in, since it shows several values or strange ones."""
    facts = read(graph)
    assert all(getattr(facts, name) is None for name in facts.several)
    return facts.several


def test_norms_whose_epsilon_is_not_a_number_in_the_graph(plain):
    edited = EditedGraph(plain)
    root = edited.named("", "Rsqrt")
    added = edited.nodes[root.input[0]]
    added.input[1] = edited.operation("computed", "Exp", added.input[1])
    assert read(edited.graph) == GraphFacts((32, 32), None, 32, "symmetric")


def test_rates_that_no_output_stride_has(dilated):
    edited = EditedGraph(dilated)
    for name, node in edited.nodes.items():
        if name.endswith("/block_shape"):
            node.attr["value"].tensor.CopyFrom(tf.make_tensor_proto([3, 3]))
    for node in edited.graph.node:
        if node.op == "DepthwiseConv2dNative" and max(node.attr["dilations"].list.i) > 1:
            node.attr["dilations"].list.i[:] = [1, 3, 3, 1]
    assert several_in(edited.graph) == ("output_stride",)


def test_a_fact_that_cannot_be_read_leaves_the_others(plain, monkeypatch):
    def fail(*arguments):
        raise ValueError("not well-formed")

    monkeypatch.setattr(graph_scale, "find", fail)
    assert read(plain) == GraphFacts((32, 32), 0.001, 32, None)


def test_dilated_layers_of_tf_slim():
    """They cut the map up, in place of a dilation of the kernel."""
    spec = nets.get("resnet_v2_50")
    first = "resnet_v2_50/conv1/weights"
    names = [first, "resnet_v2_50/a/weights", "resnet_v2_50/b/weights", "resnet_v2_50/c/weights"]
    with tf.Graph().as_default() as graph, tf.variable_scope("resnet_v2_50"):
        net = tf.placeholder(tf.float32, [None, 64, 64, 3])
        net = slim.conv2d(net, 8, 7, 2, scope="conv1")
        net = slim.conv2d(slim.max_pool2d(net, 3, 2), 8, 3, 2, scope="a")
        net = slim.conv2d(net, 8, 3, rate=2, scope="b")
        slim.conv2d(net, 8, 3, rate=4, scope="c")
        shapes = {v.op.name: tuple(v.shape.as_list()) for v in tf.global_variables()}
    shapes = {name: shapes[name] for name in names}
    (facts,) = fact_reader.read(graph.as_graph_def(), shapes, spec.head, "", spec.image_shape)
    assert facts == GraphFacts((64, 64), None, 8, None)


def scale_of(scale, dtype=tf.uint8, shape=(None, 8, 8, 3)):
    with tf.Graph().as_default() as graph:
        images = tf.cast(tf.placeholder(dtype, shape), tf.float32)
        tf.identity(scale(images), name="feed")
    try:
        found = graph_scale.find(GraphNodes(graph.as_graph_def()), "feed", (8, 8, 3))
    except NoSingleValueError:
        return "several"
    return next((name for name, scaling in BY_NAME.items() if scaling is found), None)


@pytest.mark.parametrize(
    ("name", "scale"),
    [
        ("symmetric", lambda x: (x / 255 - 0.5) * 2),
        ("mean_rgb", lambda x: x - MEAN),
        ("mean_bgr", lambda x: x[..., ::-1] - MEAN[::-1]),
        ("unit", lambda x: tf.image.resize(x, [16, 16]) / 255),
        ("raw255", lambda x: x * 1.0),
        ("centered_127", lambda x: (x - 127.5) / 128),
        ("centered_128", lambda x: (x - 128) / 128),
        ("per_image", tf.image.per_image_standardization),
        ("several", lambda x: (x / 255 - 0.45) / 0.225),
        (None, lambda x: x * 0.0),
        ("several", lambda x: x[..., ::-1] / 255 * 2 - 1.2),
        (None, lambda x: tf.pad(x, [[0, 0], [1, 1], [1, 1], [0, 0]]) / 127.5 - 1),
    ],
)
def test_the_scaling_of_bytes(name, scale):
    assert scale_of(scale) == name


@pytest.mark.parametrize(
    ("name", "scale"),
    [
        ("symmetric", lambda x: x * 2 - 1),
        ("symmetric", lambda x: x / 127.5 - 1),
        ("mean_rgb", lambda x: x - MEAN),
        ("unit", lambda x: x / 255),
        (None, lambda x: x * 1.0),  # in either range
        (None, lambda x: x * 2),
        (None, lambda x: x - 0.5),
        (None, lambda x: tf.clip_by_value(x, -1.0, 1.0)),  # of images that were scaled before
        (None, lambda x: tf.minimum(x, 1.0)),
        (None, lambda x: tf.clip_by_value(x, 0.0, 255.0)),
        (None, lambda x: tf.clip_by_value(x * 2 - 1, -1.0, 1.0) * 0.5 + 0.5),
        ("unit", lambda x: tf.clip_by_value(x / 255, 0.0, 1.0)),
    ],
)
def test_the_scaling_of_floats(name, scale):
    assert scale_of(scale, tf.float32) == name


@pytest.mark.parametrize("shape", [(8, 8, 8, 3), (None, 8, 8, 3)])
def test_each_image_of_a_batch_is_standardized(shape):
    scale = tf.image.per_image_standardization
    assert scale_of(scale, tf.float32, shape) == "per_image"
    assert scale_of(lambda x: scale(x[..., ::-1]), tf.float32, shape) is None
