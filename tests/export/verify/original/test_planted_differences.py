"""Another network under the same names and shapes: each is refused, and told in words."""

import numpy as np
import pytest

from slimhub.export.verify.checks.original_answers import OriginalJudge
from slimhub.export.verify.reference.source_network import SourceNetwork
from slimhub.export.verify.subject import Source, Subject
from tests.fixtures.graph_edits import EditedGraph

_NETWORK = "mobilenet_v1_025_128"
_DEPTHWISE = "Conv2d_2_depthwise"
_WEIGHTS = "MobilenetV1/Conv2d_2_depthwise/depthwise_weights"
_NEXT = "where it comes to MobilenetV1/Conv2d_2_pointwise/weights: "
_AFTER = f"{_NEXT}after {_WEIGHTS} it has "


class Judge:
    """Compares a network with changed copies of a graph."""

    def __init__(self, prefix, folder):
        self.prefix, self.folder = prefix, folder
        source = Source(str(prefix), "auto")
        subject = Subject(_NETWORK, "classification")
        self.network = SourceNetwork(subject, source, is_training=False)
        self.graph = self.network.graph_def()
        trained = SourceNetwork(subject, source, is_training=True)
        self.trained, self.training_graph = trained, trained.graph_def()

    def check(self, edited, network=None):
        path = self.folder / "graph.pb"
        path.write_bytes(edited.graph.SerializeToString())
        judge = OriginalJudge(Source(str(self.prefix), "auto", graphs=[str(path)]))
        return judge.ask(network or self.network) or judge.not_run()


@pytest.fixture(scope="module")
def judge(synthetic_checkpoint, tmp_path_factory):
    return Judge(synthetic_checkpoint(_NETWORK), tmp_path_factory.mktemp("judge"))


@pytest.fixture
def edited(judge):
    return EditedGraph(judge.graph)


def norm(edited):
    return edited.named(_DEPTHWISE, "FusedBatchNormV3")


def test_the_same_graph_passes(judge, edited):
    check = judge.check(edited)
    assert check.outcome == "passed"
    assert check.difference == 0
    assert "among them 29 of 30 endpoints; it scales images as the network does" in check.detail


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
    node = edited.named("Conv2d_1_depthwise", "DepthwiseConv2dNative")
    node.attr["dilations"].list.i[:] = [1, 2, 2, 1]
    assert "it has a dilation of [2, 2], not [1, 1]" in judge.check(edited).detail


def test_no_gamma_where_the_network_has_it(judge, edited):
    node = norm(edited)
    channels = judge.network.values()[f"MobilenetV1/{_DEPTHWISE}/BatchNorm/gamma"].size
    node.input[1] = edited.constant("ones", np.ones(channels))
    said = judge.check(edited).detail
    assert f"{_AFTER}no gamma in its batch norm, as MobilenetV1/{_DEPTHWISE}/BatchNorm/" in said


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
    assert "has the activation Relu, not Relu6, where it comes to MobilenetV1/Log" in check.detail
    assert "which the pictures that were compared do not show" in check.detail


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
    said = "scales images otherwise: black becomes -1 and white 0, in the network -1 and 1"
    assert said in check.detail


def test_a_graph_of_training_is_compared_in_training_mode(judge):
    edited = EditedGraph(judge.training_graph)
    check = judge.check(edited, judge.trained)
    assert (check.area, check.outcome) == ("training", "passed")
    said = judge.check(edited).detail
    assert said.startswith("graph.pb: it is a graph of training, which is compared by a full proof")


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
    assert check.detail == f"graph.pb: it computes with {op}, which is not run"


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
    assert judge.check(edited).detail == "graph.pb: it computes with Fill, which is not run"


def test_a_graph_of_another_network_is_no_judge(judge, edited):
    for node in edited.graph.node:
        node.name = node.name.replace("MobilenetV1", "Other")
        for i, tensor in enumerate(node.input):
            node.input[i] = tensor.replace("MobilenetV1", "Other")
    said = judge.check(edited).detail
    assert said == "graph.pb: it has no variable MobilenetV1/Conv2d_0/weights"


def test_a_graph_of_another_width_is_no_judge(judge, edited):
    shape = edited.nodes[_WEIGHTS].attr["shape"].shape
    shape.dim[2].size *= 2
    said = judge.check(edited).detail
    assert said.startswith("graph.pb: it is of another network: its MobilenetV1/Conv2d_2_depth")


def test_a_graph_that_ends_before_the_output_is_said_to(judge, edited):
    last = next(i for i, n in enumerate(edited.graph.node) if "Conv2d_9_depthwise" in n.name)
    del edited.graph.node[last:]
    check = judge.check(edited)
    assert check.outcome == "failed"  # layers are gone, of which it could be another's
    assert "has nothing that leads from its first layer to MobilenetV1/Conv2d_9" in check.detail


def test_a_graph_for_images_of_another_size_is_no_judge(judge, edited):
    dims = edited.nodes["Placeholder"].attr["shape"].shape.dim
    dims[1].size = dims[2].size = 160
    check = judge.check(edited)
    assert check.outcome == "not run"
    said = "graph.pb: it was built for images of 160 x 160 pixels, and the export for 128 x 128"
    assert check.detail == said


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
