"""What the owner of a graph put behind the last layer, beside or in place of our features."""

import pytest
import tensorflow.compat.v1 as tf

from slimhub import nets
from slimhub.export.verify.original.graph_nodes import GraphNodes
from slimhub.export.verify.original.tails import Tail
from slimhub.nets.layers import trunk
from tests.export.verify.original.conftest import NETWORK


def variable(name, shape):
    return tf.get_variable(name, shape, use_resource=False)


def head(features):
    width = int(features.shape[-1])
    return tf.nn.softmax(tf.matmul(features, variable("mine/weights", [width, 7])))


def squeeze_excite(x):
    width = int(x.shape[-1])
    squeezed = tf.reduce_mean(x, [1, 2], keepdims=True, name="squeezed")
    for name, units in (("squeeze", 16), ("excite", width)):
        weights = variable(f"{name}/weights", [1, 1, int(squeezed.shape[-1]), units])
        squeezed = tf.sigmoid(tf.nn.conv2d(squeezed, weights, 1, "SAME"))
    return x * squeezed


def gated(x):
    head(tf.reduce_mean(squeeze_excite(x), [1, 2]))


def gated_without_head(x):
    tf.reduce_mean(
        x * tf.sigmoid(tf.reduce_mean(x, [1, 2], keepdims=True, name="squeezed")), [1, 2]
    )


def summary(x):
    tf.reduce_mean(x, [1, 2], name="squeezed")
    head(tf.reduce_mean(tf.nn.elu(x * -3.0), [1, 2]))


def of_maximum(x):
    head(tf.reduce_max(x, [1, 2]))


def of_both(x):
    mean = tf.reduce_mean(x, [1, 2], name="squeezed")
    head(tf.concat([tf.reduce_max(x, [1, 2]), mean], 1))


def plain(x):
    head(tf.nn.dropout(tf.squeeze(tf.reduce_mean(x, [1, 2], True, "squeezed"), [1, 2]), rate=0.2))


def detector(x):
    tf.reduce_mean(x, [1, 2], name="squeezed")
    tf.nn.conv2d(x, variable("mine/weights", [3, 3, int(x.shape[-1]), 8]), 1, "SAME")


def more(x):
    width = int(x.shape[-1])
    weights = variable("MobilenetV1/more/weights", [1, 1, width, width])
    head(tf.reduce_mean(tf.nn.relu6(tf.nn.conv2d(x, weights, 1, "SAME")), [1, 2]))


def tail(build):
    with tf.Graph().as_default() as graph:
        images = tf.placeholder(tf.float32, [1, 4, 4, 3])
        weights = variable("weights", [1, 1, 3, 8])
        build(tf.nn.relu(tf.nn.conv2d(images, weights, 1, "SAME", name="last")))
    return Tail(GraphNodes(graph.as_graph_def()), "last", ["squeezed"])


@pytest.mark.parametrize(
    ("build", "is_gated", "layers"),
    [
        (plain, False, []),
        (gated, True, [("mine/weights", True)]),
        (gated_without_head, True, []),
        (summary, False, [("mine/weights", True)]),
        (of_both, False, [("mine/weights", False)]),
        (detector, False, [("mine/weights", False)]),
    ],
)
def test_what_is_read_past_the_features(build, is_gated, layers):
    found = tail(build)
    assert found.is_gated == is_gated
    assert [(layer.weights, layer.is_instead(8)) for layer in found.layers] == layers


@pytest.fixture(scope="module")
def judged(networks):
    """Judges by the network up to its last layer, and something behind it."""
    spec = nets.get(NETWORK)
    with tf.Graph().as_default() as graph:
        images = tf.placeholder(tf.float32, [None, 128, 128, 3])
        trunk.build_network(
            spec, images * 2 - 1, num_classes=None, is_training=False, batch_norm_momentum=0.99
        )
    last = [op.name for op in graph.get_operations() if op.type == "Relu6"][-1]
    cut = tf.graph_util.extract_sub_graph(graph.as_graph_def(), [last])

    def judge(build):
        with tf.Graph().as_default() as whole:
            tf.import_graph_def(cut, name="")
            build(whole.get_tensor_by_name(f"{last}:0"))
        return networks.judge(whole.as_graph_def(), "feature_vector")

    return judge


def test_features_behind_the_ones_that_agree_are_not_passed(judged):
    check = judged(gated)
    assert check.outcome == "not run"
    assert check.detail.endswith("mine/weights reads features other than the ones that agree")
    assert (
        "the features that agree scale the layer before them" in judged(gated_without_head).detail
    )


def test_another_pooling_may_be_a_head(judged):
    check = judged(of_maximum)
    assert check.outcome == "not run"
    assert "it agrees in 28 arrays, but pools differently after its last layer" in check.detail


def test_what_reads_the_last_layer_is_said(judged):
    check = judged(of_both)
    assert check.outcome == "passed"
    said = "; other layers read the last layer instead of the features: mine/weights"
    assert check.detail.endswith(said)


def test_a_layer_of_the_networks_own_scope_is_refused(judged):
    check = judged(more)
    assert check.outcome == "failed"
    assert "a layer after the last one that the network does not have there" in check.detail
    assert check.detail.endswith("the checkpoint has no value for MobilenetV1/more/weights")
