"""Another network under the same names and shapes: each is refused, and told in words."""

import re

import numpy as np
import pytest
import tensorflow.compat.v1 as tf

from slimhub.export.verify.reference.source_network import SourceNetwork
from tests.fixtures.graph_edits import EditedGraph

_DEPTHWISE = "Conv2d_2_depthwise"
_WEIGHTS = "MobilenetV1/Conv2d_2_depthwise/depthwise_weights"
_NEXT = "before MobilenetV1/Conv2d_2_pointwise/weights: "
_AFTER = f"{_NEXT}after {_WEIGHTS} it has "


class Judge:
    """Compares a network with changed copies of a graph."""

    def __init__(self, networks):
        self.networks = networks
        self.network, self.trained = networks.get(), networks.get(is_training=True)
        self.graph, self.training_graph = self.network.graph_def(), self.trained.graph_def()

    def check(self, edited, network=None):
        is_training = network is self.trained
        return self.networks.judge(edited.graph, is_training=is_training)


@pytest.fixture(scope="module")
def judge(networks):
    return Judge(networks)


@pytest.fixture
def edited(judge):
    return EditedGraph(judge.graph)


def norm(edited):
    return edited.named(_DEPTHWISE, "FusedBatchNormV3")


def test_the_same_graph_passes(judge, edited):
    check = judge.check(edited)
    assert check.outcome == "passed"
    assert check.difference == 0
    assert "among them 29 of 30 endpoints; it scales images like the network" in check.detail


def test_norms_in_elementary_operations_pass(judge, edited):
    edited.spell_out_norms()
    check = judge.check(edited)
    assert check.outcome == "passed"
    assert 0 < check.difference <= check.tolerance < 1e-4
    assert "among them 29 of 30 endpoints" in check.detail


def test_another_epsilon(judge, edited):
    norm(edited).attr["epsilon"].f = 0.01
    said = judge.check(edited)
    assert said.outcome == "failed"
    assert f"{_AFTER}batch norm with an epsilon of 0.01, not 0.001 (at [" in said.detail


def test_another_epsilon_of_a_norm_that_is_spelled_out(judge, edited):
    edited.spell_out_norms()
    name = next(n for n in edited.nodes if _DEPTHWISE in n and n.endswith("/e"))
    edited.nodes[name].attr["value"].tensor.float_val[:] = [0.01]
    assert f"{_AFTER}batch norm with an epsilon of 0.01, not 0.001 (" in judge.check(edited).detail


def test_another_activation(judge, edited):
    edited.named(_DEPTHWISE, "Relu6").op = "Relu"
    said = judge.check(edited)
    assert said.outcome == "failed"
    assert f"{_AFTER}the activation Relu, not Relu6 (at [" in said.detail


def test_another_stride(judge, edited):
    node = edited.named(_DEPTHWISE, "DepthwiseConv2dNative")
    node.attr["strides"].list.i[:] = [1, 1, 1, 1]
    said = judge.check(edited).detail
    assert f"{_AFTER}a stride of [1, 1], not [2, 2], in {_WEIGHTS} (shape [" in said


def test_another_padding(judge, edited):
    edited.named(_DEPTHWISE, "DepthwiseConv2dNative").attr["padding"].s = b"VALID"
    assert f"{_AFTER}the padding VALID, not SAME, in {_WEIGHTS}" in judge.check(edited).detail


def test_a_dilation(judge, edited):
    node = edited.named("Conv2d_0", "Conv2D")
    node.attr["dilations"].list.i[:] = [1, 2, 2, 1]
    assert "it has a dilation of [2, 2], not [1, 1]" in judge.check(edited).detail


def test_a_dilation_of_a_depthwise_convolution(judge, edited):
    node = edited.named("Conv2d_1_depthwise", "DepthwiseConv2dNative")
    node.attr["dilations"].list.i[:] = [1, 2, 2, 1]
    said = judge.check(edited)
    if said.outcome == "not run":  # not every processor has a kernel for it
        assert "TensorFlow cannot run it: Current kernel implementation does not" in said.detail
    else:
        assert "it has a dilation of [2, 2], not [1, 1]" in said.detail


def test_no_gamma_where_the_network_has_it(judge, edited):
    node = norm(edited)
    channels = judge.network.values()[f"MobilenetV1/{_DEPTHWISE}/BatchNorm/gamma"].size
    node.input[1] = edited.constant("ones", np.ones(channels))
    said = judge.check(edited).detail
    assert f"{_AFTER}no gamma in its batch norm, unlike MobilenetV1/{_DEPTHWISE}/BatchNorm/" in said


def test_a_gamma_that_the_network_does_not_have(judge, edited):
    gamma = edited.constant("MobilenetV1/more/BatchNorm/gamma", 1.5)
    edited.insert(norm(edited).name, "Mul", gamma)
    said = judge.check(edited).detail
    assert f"{_AFTER}gamma in its batch norm, MobilenetV1/more/BatchNorm/gamma, which the" in said


def test_a_layer_that_the_network_does_not_have(judge, edited):
    weights = edited.variable("MobilenetV1/more/weights", [1, 1, 16, 16])
    edited.insert(norm(edited).name, "Conv2D", weights, strides=[1, 1, 1, 1], padding=b"SAME")
    said = judge.check(edited)
    assert said.outcome == "failed"
    assert "a layer that the network does not have there, MobilenetV1/more/weights" in said.detail
    assert "the checkpoint has no value for MobilenetV1/more/weights" in said.detail


def test_a_layer_that_the_network_does_not_have_below_a_prefix(judge, edited):
    weights = edited.variable("MobilenetV1/more/weights", [1, 1, 16, 16])
    edited.insert(norm(edited).name, "Conv2D", weights, strides=[1, 1, 1, 1], padding=b"SAME")
    for node in edited.graph.node:
        node.name = f"tower/{node.name}"
        node.input[:] = [f"tower/{tensor}" for tensor in node.input]
    said = judge.check(edited)
    assert said.outcome == "failed"
    assert "the checkpoint has no value for tower/MobilenetV1/more/weights" in said.detail


def test_a_pooling_that_the_network_does_not_have(judge, edited):
    window = {"ksize": [1, 3, 3, 1], "strides": [1, 1, 1, 1], "padding": b"SAME"}
    edited.insert(norm(edited).name, "MaxPool", **window)
    said = judge.check(edited).detail
    assert f"{_AFTER}the pooling maximum of [3, 3] by [1, 1], SAME, not none" in said


def test_one_operation_more(judge, edited):
    edited.insert(norm(edited).name, "Mul", edited.constant("half", 0.5))
    assert f"{_AFTER}1 product (Mul) more (" in judge.check(edited).detail


def test_an_activation_that_no_picture_shows(judge, edited):
    """The synthetic weights take nothing to 6 there, so that all values are the same."""
    edited.named("Conv2d_13_pointwise", "Relu6").op = "Relu"
    check = judge.check(edited)
    assert check.outcome == "failed"
    assert "has the activation Relu, not Relu6, before MobilenetV1/Log" in check.detail
    assert "which does not show with the images that were compared" in check.detail


def test_logits_that_are_scaled(judge, edited):
    bias = edited.named("Logits", "BiasAdd")
    edited.insert(bias.input[0], "Mul", edited.constant("half", 0.5))
    said = judge.check(edited)
    assert said.outcome == "failed"
    assert "differs first at its end" in said.detail


def test_another_scaling_of_images(judge, edited):
    two = next(n for n in edited.graph.node if n.op == "Mul").input[1]
    edited.nodes[two].attr["value"].tensor.float_val[:] = [1.0]
    check = judge.check(edited)
    assert check.outcome == "failed"
    said = "scales images differently: black becomes -1 and white 0, but in the network -1 and 1"
    assert said in check.detail


def test_a_graph_of_training_is_compared_in_training_mode(judge):
    edited = EditedGraph(judge.training_graph)
    check = judge.check(edited, judge.trained)
    assert (check.area, check.outcome) == ("training", "passed")
    said = judge.check(edited).detail
    assert said.startswith("graph.pb: it is a training graph, which only a full proof compares")


def test_a_difference_in_training_mode(judge):
    edited = EditedGraph(judge.training_graph)
    norm(edited).attr["epsilon"].f = 0.1
    check = judge.check(edited, judge.trained)
    assert (check.area, check.outcome) == ("training", "failed")
    assert "batch norm with an epsilon of 0.1, not 0.001" in check.detail


@pytest.mark.parametrize("op", ["PyFunc", "ReadFile", "SomeFunction", "MatchingFiles"])
def test_what_is_not_listed_is_not_run(judge, edited, op):
    edited.insert(norm(edited).name, op)
    check = judge.check(edited)
    assert check.outcome == "not run"
    assert check.detail.startswith("graph.pb: it agrees in ")
    assert check.detail.endswith(f"could be compared: it computes with {op}, which is not run")


def test_what_lies_before_the_images_is_not_run(judge, edited):
    edited.nodes["Placeholder"].op = "ReadFile"
    check = judge.check(edited)
    assert check.outcome == "passed"
    assert "it does not show how images are scaled" in check.detail


def test_a_fill_is_run_where_it_is_small(judge, edited):
    ones = edited.graph.node.add(name="dims", op="Const")
    ones.attr["dtype"].type = 3
    ones.attr["value"].tensor.dtype = 3
    ones.attr["value"].tensor.int_val.append(1 << 30)
    ones.attr["value"].tensor.tensor_shape.dim.add(size=1)
    edited.operation("filled", "Fill", "dims", edited.constant("one", 1.0))
    edited.insert(norm(edited).name, "Mul", "filled")
    check = judge.check(edited)
    assert check.outcome == "not run"
    assert check.detail.endswith("could be compared: it computes with Fill, which is not run")


def test_a_graph_of_another_network_is_no_judge(judge, edited):
    for node in edited.graph.node:
        node.name = node.name.replace("MobilenetV1", "Other")
        for i, tensor in enumerate(node.input):
            node.input[i] = tensor.replace("MobilenetV1", "Other")
    said = judge.check(edited).detail
    assert said == "graph.pb: it does not have the variable MobilenetV1/Conv2d_0/weights"


def test_a_graph_of_another_width_is_no_judge(judge, edited):
    shape = edited.nodes[_WEIGHTS].attr["shape"].shape
    shape.dim[2].size *= 2
    said = judge.check(edited).detail
    assert said.startswith(
        "graph.pb: it belongs to another network: its MobilenetV1/Conv2d_2_depth"
    )


def test_a_graph_that_ends_before_the_output_is_said_to(judge, edited):
    last = next(i for i, n in enumerate(edited.graph.node) if "Conv2d_9_depthwise" in n.name)
    del edited.graph.node[last:]
    check = judge.check(edited)
    assert check.outcome == "not run"
    assert re.search(
        r"it agrees in \d\d arrays, but ends before MobilenetV1/Conv2d_9", check.detail
    )


def test_a_graph_that_ends_early_is_refused_where_it_differs(judge, edited):
    last = next(i for i, n in enumerate(edited.graph.node) if "Conv2d_9_depthwise" in n.name)
    del edited.graph.node[last:]
    norm(edited).attr["epsilon"].f = 0.01
    assert judge.check(edited).outcome == "failed"


def test_a_layer_that_is_passed_by_is_refused(judge, edited):
    """Its weights are in the graph, and nothing reads them."""
    before = edited.named("Conv2d_3_depthwise", "DepthwiseConv2dNative").input[0]
    edited.named("Conv2d_3_pointwise", "Conv2D").input[0] = before
    said = judge.check(edited)
    assert said.outcome == "failed"
    assert "after MobilenetV1/Conv2d_3_depthwise/depthwise_weights it has" in said.detail


def test_what_needs_too_much_memory_is_not_run(judge, edited):
    paddings = edited.graph.node.add(name="wide", op="Const")
    paddings.attr["dtype"].type = 3
    paddings.attr["value"].tensor.CopyFrom(
        tf.make_tensor_proto(np.array([[0, 0], [9999, 9999], [9999, 9999], [0, 0]], np.int32))
    )
    edited.insert(norm(edited).name, "Pad", "wide").attr["Tpaddings"].type = 3
    check = judge.check(edited)
    assert check.outcome == "not run"
    assert "it needs too much memory: inserted has the shape" in check.detail


def test_a_large_constant_is_not_made(judge, edited):
    edited.constant("large", 1.0)
    edited.nodes["large"].attr["value"].tensor.tensor_shape.dim.add(size=1 << 36)
    edited.insert(norm(edited).name, "Mul", "large")
    said = judge.check(edited).detail
    assert "it needs too much memory: large has the shape [68719476736]" in said


def test_a_node_that_is_not_there_is_malformed(judge, edited):
    edited.insert(norm(edited).name, "Mul", "nowhere")
    check = judge.check(edited)
    assert check.outcome == "not run"
    assert "it is not well-formed: it has no nowhere" in check.detail


def test_channels_before_height_are_not_compared(judge, edited):
    for node in edited.graph.node:
        if "data_format" in node.attr:
            node.attr["data_format"].s = b"NCHW"
    check = judge.check(edited)
    assert check.outcome == "not run"
    assert "channels before height and width (NCHW)" in check.detail


def resize(edited, *sides):
    dims = edited.nodes["Placeholder"].attr["shape"].shape.dim
    dims[1].size, dims[2].size = sides


@pytest.mark.parametrize("is_training", [False, True])
def test_a_graph_for_images_of_another_size_is_compared_at_that_size(judge, is_training):
    edited = EditedGraph(judge.training_graph if is_training else judge.graph)
    resize(edited, 32, 64)
    check = judge.check(edited, judge.trained if is_training else None)
    assert (check.outcome, check.difference) == ("passed", 0), check.detail
    assert "28 of 28 endpoints" in check.detail or "29 of 30 endpoints" in check.detail
    assert "it scales images like the network" in check.detail
    assert check.detail.endswith(
        "; compared at 32 x 64 pixels, which it was built for, while the export is for 128 x 128: "
        "`image_size=32x64` is its size"
    )


def test_a_difference_at_another_size_is_one(judge, edited):
    resize(edited, 32, 32)
    norm(edited).attr["epsilon"].f = 0.01
    check = judge.check(edited)
    assert check.outcome == "failed"
    assert "an epsilon of 0.01, not 0.001 (at [" in check.detail
    assert "; compared at 32 x 32 pixels, which it was built for" in check.detail


@pytest.mark.parametrize(
    ("sides", "said"),
    [
        ((1025, 1024), ", which is too large to compare at: `image_size=1025x1024` is its size"),
        ((31, 31), ", and `image_size` must be between 32 and 4096, not 31"),
    ],
)
def test_a_size_that_cannot_be_compared_at_refuses_nothing(judge, edited, sides, said):
    resize(edited, *sides)
    check = judge.check(edited)
    assert check.outcome == "not run"
    built = "graph.pb: it was built for images of {} x {} pixels".format(*sides)
    assert check.detail == f"{built}, but the export for 128 x 128{said}"


def test_why_a_network_cannot_be_built_is_said(judge, edited, monkeypatch):
    def fail(self, size):
        raise ValueError("Negative dimension size")

    monkeypatch.setattr(SourceNetwork, "resized", fail)
    resize(edited, 64, 64)
    said = ", which the network could not be built for (Negative dimension size): `image_size=64`"
    assert said in judge.check(edited).detail


def test_an_epsilon_of_all_norms_names_the_option(judge, edited):
    for node in edited.graph.node:
        if node.op == "FusedBatchNormV3":
            node.attr["epsilon"].f = 0.01
    check = judge.check(edited)
    assert check.outcome == "failed"
    assert check.detail.endswith("; all its norms are those of `batch_norm_epsilon=0.01`")


def test_a_circle_of_nodes_ends(judge, edited):
    """It is where the images come from, of which nothing is run."""
    edited.operation("a", "Identity", "b")
    edited.operation("b", "Identity", "a")
    edited.named("Conv2d_0", "Conv2D").input[0] = "a"
    assert "does not show how images are scaled" in judge.check(edited).detail


def test_a_malformed_graph_is_no_judge(judge, edited):
    del norm(edited).input[:]
    edited.named(_DEPTHWISE, "DepthwiseConv2dNative").input.pop()
    check = judge.check(edited)
    assert check.outcome == "not run"
    assert "graph.pb: it is not well-formed" in check.detail
