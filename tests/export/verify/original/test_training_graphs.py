"""Graphs as training leaves them: pipelines, towers, optimizers, quantization, conditions."""

import pytest
import tensorflow.compat.v1 as tf

from slimhub import nets
from slimhub.nets.layers import trunk
from tests.fixtures.graph_edits import EditedGraph

_NETWORK = "mobilenet_v1_025_128"


def build(images, is_training):
    spec = nets.get(_NETWORK)
    endpoints = trunk.build_network(
        spec, images, num_classes=1001, is_training=is_training, batch_norm_momentum=0.99
    )
    return endpoints[spec.logits_endpoint]


@pytest.fixture(scope="module")
def network(networks):
    return {is_training: networks.get(is_training=is_training) for is_training in (False, True)}


@pytest.fixture
def judged(networks):
    return lambda graph, is_training: networks.judge(graph, is_training=is_training)


def test_a_training_graph_with_queue_tower_and_optimizer(judged):
    with tf.Graph().as_default() as graph:
        files = tf.placeholder(tf.string, [None])
        picture = tf.image.decode_jpeg(tf.read_file(files[0]), channels=3)
        picture = tf.image.random_flip_left_right(tf.image.resize(picture, [128, 128]))
        queue = tf.queue.FIFOQueue(8, [tf.float32], [[128, 128, 3]])
        queue.enqueue(picture / 127.5 - 1)
        with tf.name_scope("clone_0"):
            logits = build(queue.dequeue_many(8), is_training=True)
        loss = tf.reduce_mean(logits**2) + tf.add_n(
            [tf.nn.l2_loss(v) for v in tf.trainable_variables()]
        )
        tf.train.RMSPropOptimizer(0.1).minimize(loss)
    check = judged(graph.as_graph_def(), is_training=True)
    assert (check.area, check.outcome) == ("training", "passed"), check.detail
    assert "30 arrays, among them 28 of 28 endpoints" in check.detail
    assert "it does not show how images are scaled; its dropout is left out" in check.detail


def test_random_changes_of_images_are_no_dropout(judged):
    with tf.Graph().as_default() as graph:
        images = tf.placeholder(tf.float32, [None, 128, 128, 3])
        build(images * 2 - 1 + tf.random.uniform([]), is_training=False)
    check = judged(graph.as_graph_def(), is_training=False)
    assert check.outcome == "passed", check.detail
    assert "it does not show how images are scaled" in check.detail


def test_towers_of_training_and_evaluation_share_variables(judged):
    with tf.Graph().as_default() as graph:
        images = tf.placeholder(tf.uint8, [4, 128, 128, 3])
        scaled = tf.cast(images, tf.float32) / 127.5 - 1
        with tf.variable_scope(tf.get_variable_scope()):
            build(scaled, is_training=True)
        with tf.variable_scope(tf.get_variable_scope(), reuse=True):
            build(scaled, is_training=False)
    check = judged(graph.as_graph_def(), is_training=False)
    assert (check.area, check.outcome) == ("inference", "passed"), check.detail
    assert "it scales images like the network" in check.detail


def test_pixels_with_another_mean_are_told(judged):
    with tf.Graph().as_default() as graph:
        images = tf.placeholder(tf.uint8, [4, 128, 128, 3])
        build(tf.cast(images, tf.float32) - [123.68, 116.78, 103.94], is_training=False)
    check = judged(graph.as_graph_def(), is_training=False)
    assert check.outcome == "failed"
    said = "scales images differently: black becomes (-124, -117, -104) and white (131, 138, 151), "
    assert said + "but in the network -1 and 1" in check.detail


def test_nearly_the_same_scaling_is_said(judged):
    with tf.Graph().as_default() as graph:
        images = tf.placeholder(tf.float32, [1, 128, 128, 3])
        build((images - 128) / 128, is_training=False)
    check = judged(graph.as_graph_def(), is_training=False)
    assert check.outcome == "passed"
    assert "it scales images like the network, except for 0.4%" in check.detail


def test_quantization_is_left_out(judged, network):
    edited = EditedGraph(network[False].graph_def())
    relu = edited.named("Conv2d_3_pointwise", "Relu6").name
    low, high = edited.constant("low", 0.0), edited.constant("high", 1.0)
    edited.insert(relu, "FakeQuantWithMinMaxVars", low, high)
    check = judged(edited.graph, is_training=False)
    assert check.outcome == "passed", check.detail
    assert check.detail.endswith("; its quantization is left out")


def test_norms_of_both_modes_are_not_compared(judged, network):
    edited = EditedGraph(network[False].graph_def())
    edited.named("Conv2d_3_pointwise", "FusedBatchNormV3").attr["is_training"].b = True
    check = judged(edited.graph, is_training=False)
    assert check.outcome == "not run"
    assert "some of its batch norms are in training mode, others not" in check.detail


def test_folded_norms_are_not_taken_for_training(judged, network):
    """A frozen graph that was optimized has other weights under the same names."""
    edited = EditedGraph(network[False].graph_def())
    for norm in [node for node in edited.graph.node if node.op == "FusedBatchNormV3"]:
        norm.op = "BiasAdd"
        offset = norm.input[2]
        del norm.input[1:]
        norm.input.append(offset)
        norm.attr.clear()
        norm.attr["T"].type = tf.float32.as_datatype_enum
    for is_training in (False, True):
        check = judged(edited.graph, is_training)
        assert check.outcome == "not run"
        assert "its batch norms were folded into the weights, or it has none" in check.detail


def test_already_scaled_images_are_not_taken_for_another_scaling(judged):
    with tf.Graph().as_default() as graph:
        images = tf.placeholder(tf.float32, [128, 128, 3])
        clipped = tf.clip_by_value(tf.expand_dims(images, 0), -1, 1)
        build(tf.image.resize(clipped, [128, 128]), is_training=False)
    check = judged(graph.as_graph_def(), is_training=False)
    assert check.outcome == "passed", check.detail
    assert "it does not show how images are scaled" in check.detail


def test_channels_in_another_order_are_told(judged):
    with tf.Graph().as_default() as graph:
        images = tf.placeholder(tf.uint8, [1, 128, 128, 3])
        build(tf.reverse(tf.cast(images, tf.float32), [3]) / 127.5 - 1, is_training=False)
    check = judged(graph.as_graph_def(), is_training=False)
    assert check.outcome == "failed"
    assert "takes the channels of images in another order: blue for red (BGR)" in check.detail


def test_a_mean_in_a_variable_without_a_value_is_no_error(judged):
    with tf.Graph().as_default() as graph:
        images = tf.placeholder(tf.float32, [1, 128, 128, 3])
        mean = tf.get_variable("pixel_mean", [3], use_resource=False)
        build(images - mean, is_training=False)
    check = judged(graph.as_graph_def(), is_training=False)
    assert check.outcome == "passed", check.detail
    assert "it does not show how images are scaled" in check.detail


def test_ranges_of_quantization_need_no_value(judged, network):
    edited = EditedGraph(network[False].graph_def())
    relu = edited.named("Conv2d_3_pointwise", "Relu6").name
    low, high = edited.variable("quant/min", []), edited.variable("quant/max", [])
    edited.insert(relu, "FakeQuantWithMinMaxVars", low, high)
    check = judged(edited.graph, is_training=False)
    assert check.outcome == "passed", check.detail


def without_updates(network):
    """The nodes that the logits depend on."""
    output = network.logits_tensor().partition(":")[0]
    return tf.graph_util.extract_sub_graph(network.graph_def(), [output])


def test_moments_that_are_spelled_out_agree_within_rounding(judged, network):
    edited = EditedGraph(without_updates(network[True]))
    edited.spell_out_moments()
    check = judged(edited.graph, is_training=True)
    assert (check.area, check.outcome) == ("training", "passed"), check.detail
    assert 0 < check.difference < check.tolerance


def test_an_epsilon_beside_moments_that_are_spelled_out(judged, network):
    edited = EditedGraph(without_updates(network[True]))
    edited.spell_out_moments()
    name = next(n for n in edited.nodes if "Conv2d_3_pointwise" in n and n.endswith("/e"))
    edited.nodes[name].attr["value"].tensor.float_val[:] = [0.01]
    check = judged(edited.graph, is_training=True)
    assert check.outcome == "failed"
    assert "batch norm with an epsilon of 0.01, not 0.001" in check.detail


def test_a_part_that_is_frozen_is_not_compared(judged, network):
    """Its first norm uses the batch, the others what they have gathered."""
    edited = EditedGraph(network[False].graph_def())
    mean = "MobilenetV1/Conv2d_0/BatchNorm/moving_mean"
    first = edited.named("Conv2d_0", "FusedBatchNormV3")
    first.input[3], first.input[4] = first.input[2], first.input[1]
    check = judged(edited.graph, is_training=False)
    assert check.outcome == "not run"
    assert f"are in training mode, others not: {mean} is not read" in check.detail
