"""Networks that a graph has more than once."""

import pytest
import tensorflow.compat.v1 as tf

from slimhub import nets
from slimhub.export.verify.original import towers
from slimhub.export.verify.original.graph_nodes import GraphNodes
from slimhub.export.verify.reference.source_network import SourceNetwork
from slimhub.nets.layers import trunk
from tests.export.verify.original.conftest import NETWORK
from tests.fixtures.graph_edits import EditedGraph


def small(*activations):
    """A graph with a tower of two layers for each activation."""
    with tf.Graph().as_default() as graph:
        for activation in activations:
            with tf.variable_scope("", reuse=tf.AUTO_REUSE):
                x = tf.placeholder(tf.float32, [None, 4])
                for name in ("a/weights", "b/weights"):
                    weights = tf.get_variable(name, [4, 4], use_resource=False)
                    x = activation(tf.matmul(x, weights))
    return GraphNodes(graph.as_graph_def())


def found(*activations):
    return towers.find(small(*activations), "a/weights", "", {"a/weights", "b/weights"})


def test_towers_that_compute_the_same_count_once():
    different, left_out = found(tf.nn.relu, tf.nn.relu)
    assert (len(different), left_out) == (1, [])


def test_towers_that_differ_are_all_found():
    different, left_out = found(tf.nn.relu, tf.nn.elu, tf.nn.relu)
    assert (len(different), left_out) == (2, [])


def test_of_many_that_differ_it_is_said():
    kinds = [tf.nn.relu, tf.nn.elu, tf.nn.relu6, tf.nn.selu, tf.tanh]
    different, left_out = found(*kinds)
    assert (len(different), left_out) == (3, ["2 more towers were not compared"])


def test_a_part_that_is_used_once_more_is_left_out():
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [None, 4])
        weights = [tf.get_variable(f"{n}/weights", [4, 4], use_resource=False) for n in "abc"]
        tf.matmul(x, weights[0], name="alone")
        tf.matmul(tf.matmul(tf.matmul(x, weights[0]), weights[1]), weights[2])
    nodes = GraphNodes(graph.as_graph_def())
    different, left_out = towers.find(nodes, "a/weights", "", {f"{n}/weights" for n in "abc"})
    assert [len(tower.layers) for tower in different] == [3]
    assert left_out == ["a tower with only 1 of its layers was not compared"]


@pytest.fixture(scope="module")
def twice():
    """A graph with two towers, the modes of which are given."""

    def build(*modes):
        spec = nets.get(NETWORK)
        with tf.Graph().as_default() as graph:
            images = tf.placeholder(tf.float32, [None, 128, 128, 3])
            for mode in modes:
                with tf.variable_scope(tf.get_variable_scope(), reuse=tf.AUTO_REUSE):
                    trunk.build_network(
                        spec,
                        images * 2 - 1,
                        num_classes=1001,
                        is_training=mode,
                        batch_norm_momentum=0.99,
                    )
        return EditedGraph(graph.as_graph_def())

    return build


def test_a_second_tower_that_differs_is_refused(networks, twice):
    edited = twice(False, False)
    for node in [n for n in edited.graph.node if n.op == "Relu6"][27:]:
        node.op = "Elu"
    check = networks.judge(edited.graph)
    assert check.outcome == "failed"
    assert check.detail.startswith("graph.pb, in another tower, differs first before")


def test_towers_of_one_size_share_a_network_of_it(networks, twice, monkeypatch):
    edited = twice(False, False)
    for node in [n for n in edited.graph.node if n.op == "Relu6"][27:]:
        node.op = "Elu"
    dims = edited.nodes["Placeholder"].attr["shape"].shape.dim
    dims[1].size = dims[2].size = 32
    opened, closed = [], []
    resized, close = SourceNetwork.resized, SourceNetwork.close

    def open_(self, size):
        opened.append(resized(self, size))
        return opened[-1]

    def close_(self):
        closed.append(self)
        close(self)

    monkeypatch.setattr(SourceNetwork, "resized", open_)
    monkeypatch.setattr(SourceNetwork, "close", close_)
    check = networks.judge(edited.graph)
    assert check.detail.startswith("graph.pb, in another tower, differs first before")
    assert len(opened) == 1
    assert closed == opened


def test_a_tower_of_neither_mode_does_not_spoil_the_others(networks, twice):
    edited = twice(True, False)
    norms = [n for n in edited.graph.node if n.op == "FusedBatchNormV3"]
    norms[0].attr["is_training"].b = False
    norms[0].input[3:] = norms[27].input[3:]
    check = networks.judge(edited.graph)
    assert check.outcome == "passed", check.detail
    said = "another tower was not compared: some of its batch norms are in training mode"
    assert said in check.detail
