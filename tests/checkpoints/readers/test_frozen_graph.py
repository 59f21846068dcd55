"""Frozen graphs: what counts as a weight, and what cannot fill a network."""

import numpy as np
import pytest
import tensorflow.compat.v1 as tf

from slimhub import checkpoints
from slimhub.checkpoints import CheckpointError
from slimhub.checkpoints.readers import graph_constants
from slimhub.export.verify.reference import restorers
from slimhub.export.verify.subject import Source
from tests.checkpoints.conftest import WEIGHTS


def constant(graph, name, value, reader="/read"):
    """Adds what `freeze_graph` leaves of a variable."""
    node = graph.node.add(name=name, op="Const")
    node.attr["value"].tensor.CopyFrom(tf.make_tensor_proto(value))
    if reader:
        graph.node.add(name=f"{name}{reader}", op="Identity", input=[name])
    return node


@pytest.fixture
def graph():
    graph = tf.GraphDef()
    constant(graph, "Net/Conv/weights", WEIGHTS)
    constant(graph, "Net/Conv/BatchNorm/moving_variance", WEIGHTS[0])
    return graph


@pytest.fixture
def saved(tmp_path):
    def save(graph, name="frozen.pb"):
        (tmp_path / name).write_bytes(graph.SerializeToString())
        return tmp_path / name

    return save


@pytest.mark.parametrize("reader", ["/read", "/Read/ReadVariableOp", "/ReadVariableOp_1"])
def test_a_variable_of_any_name_is_known_by_its_reading(graph, saved, reader):
    constant(graph, "Net/odd", WEIGHTS, reader)
    with checkpoints.open(saved(graph)) as opened:
        np.testing.assert_array_equal(opened.read("Net/odd"), WEIGHTS)


def test_constants_of_the_computation_are_no_weights(graph, saved):
    constant(graph, "Net/Net/Conv/BatchNorm/batchnorm/add/y", np.float32(0.001), "")
    constant(graph, "Net/Reshape/shape", np.array([-1, 5]), "/of")
    with checkpoints.open(saved(graph)) as opened:
        assert list(opened.tensors) == ["Net/Conv/BatchNorm/moving_variance", "Net/Conv/weights"]


def test_weights_are_known_where_the_readings_were_taken_out(graph, saved):
    bare = tf.GraphDef(node=[node for node in graph.node if node.op == "Const"])
    with checkpoints.open(saved(bare)) as opened:
        assert len(opened.tensors) == 2


def test_averages_are_told_apart(graph, saved):
    constant(graph, "Net/Conv/weights/ExponentialMovingAverage", WEIGHTS + 1)
    with checkpoints.open(saved(graph)) as opened:
        assert opened.averages == "shadows"


@pytest.mark.parametrize("left", ["Net/Net/Conv/Conv2D_bn_offset", "Net/Conv/BatchNorm/Const"])
def test_folded_batch_norms_are_refused(saved, refuses, left):
    graph = tf.GraphDef()
    constant(graph, "Net/Conv/weights", WEIGHTS)
    constant(graph, left, WEIGHTS[0], "")
    match = r"^frozen\.pb is a graph whose batch norms were folded into the convolutions, which"
    refuses(saved(graph), match)


def test_a_graph_in_which_only_some_batch_norms_are_left_is_refused(graph, saved, refuses):
    constant(graph, "Net/Net/Conv/Conv2D_bn_offset", WEIGHTS[0], "")
    refuses(saved(graph), r"^frozen\.pb is a graph whose batch norms were folded")


def test_ranges_of_fake_quantization_are_told_apart(graph, saved):
    constant(graph, "Net/Conv/weights_quant/min", np.float32(-6))
    with checkpoints.open(saved(graph)) as opened:
        assert checkpoints.describe(opened)["kinds"]["quantization ranges"] == 1


def test_a_quantized_graph_is_refused(graph, saved, refuses):
    graph.node.add(name="Net/Conv/weights_dequantized", op="Dequantize")
    refuses(saved(graph), r"^frozen\.pb is a quantized graph, whose weights have lost")


def test_a_graph_of_a_training_is_refused(saved, refuses):
    graph = tf.GraphDef()
    graph.node.add(name="Net/Conv/weights", op="VariableV2")
    refuses(
        saved(graph, "graph.pb"),
        r"^graph\.pb is a graph without values: export the checkpoint of the same training",
    )


def test_a_graph_of_another_program_is_refused(saved, refuses):
    graph = tf.GraphDef()
    constant(graph, "input/shape", np.array([1]), "")
    refuses(saved(graph), r"^frozen\.pb is a graph without weights under the names")


@pytest.mark.parametrize(
    ("sizes", "dtype"),
    [([-1, 4], 1), ([1 << 40], 1), ([1 << 62, 1 << 62], 1), ([3, 4], 999), ([3, 4], 0)],
)
def test_a_shape_or_type_that_cannot_be_is_refused(graph, saved, refuses, sizes, dtype):
    tensor = graph.node[0].attr["value"].tensor
    tensor.dtype = dtype
    del tensor.tensor_shape.dim[:]
    for size in sizes:
        tensor.tensor_shape.dim.add(size=size)
    match = r"^the constant Net/Conv/weights in frozen\.pb is damaged and cannot be read: copy"
    refuses(saved(graph), match)


def test_a_constant_of_too_few_bytes_is_damaged(graph, saved):
    graph.node[0].attr["value"].tensor.tensor_content = b"abc"
    with (
        checkpoints.open(saved(graph)) as opened,
        pytest.raises(CheckpointError, match="the constant Net/Conv/weights in frozen"),
    ):
        opened.read("Net/Conv/weights")


def test_a_truncated_graph_is_refused(graph, saved, refuses):
    path = saved(graph)
    whole = path.read_bytes()
    for kept in (1, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:kept])
        refuses(path, r"^frozen\.pb is damaged, or not a TensorFlow graph: copy")


def test_two_nodes_of_one_name_are_refused(graph, saved, refuses):
    constant(graph, "Net/Conv/weights", WEIGHTS + 1)
    refuses(saved(graph), r"^frozen\.pb is damaged, or not a TensorFlow graph: copy")


def test_a_constant_that_tensorflow_would_not_import_is_one_sentence(graph, saved):
    constant(graph, "Net/Conv/not a name/weights", WEIGHTS)
    with pytest.raises(CheckpointError, match="a constant of the graph is damaged: "):
        restorers.open_source(Source(str(saved(graph)), "auto", None, "frozen_graph"))


def test_a_text_nested_without_end_is_refused(tmp_path, refuses):
    (tmp_path / "graph.pbtxt").write_text("library { function { attr { value { list {" * 5000)
    refuses(tmp_path / "graph.pbtxt", r"^graph\.pbtxt is damaged, or not a TensorFlow graph")


def test_a_larger_file_than_a_graph_can_be_is_refused(graph, saved, refuses, monkeypatch):
    monkeypatch.setitem(graph_constants._MAX_BYTES, ".pb", 100)
    refuses(saved(graph), r"^frozen\.pb is larger than 100 bytes")
