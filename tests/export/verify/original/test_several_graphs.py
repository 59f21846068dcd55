"""Of several graphs, the one that was saved with the checkpoint decides."""

import shutil

import pytest
import tensorflow.compat.v1 as tf

from slimhub.export.verify.checks.original_judge import OriginalJudge
from slimhub.export.verify.subject import Source
from tests.export.verify.original.conftest import NETWORK
from tests.fixtures.graph_edits import EditedGraph


@pytest.fixture
def folder(synthetic_checkpoint, tmp_path):
    prefix = synthetic_checkpoint(NETWORK)
    for file in prefix.parent.glob(f"{prefix.name}.*"):
        shutil.copy(file, tmp_path)
    return tmp_path


@pytest.fixture
def beside(networks, folder):
    """Judges by the checkpoint's own graph, and a plain one of inference beside it."""

    def judge(own, modes):
        meta = folder / "model.ckpt-7.meta"
        meta.write_bytes(tf.MetaGraphDef(graph_def=own).SerializeToString())
        other = folder / "other.pb"
        other.write_bytes(networks.get().graph_def().SerializeToString())
        graphs = [str(other), str(meta)]
        judge = OriginalJudge(Source(str(folder / "model.ckpt-7"), "auto", graphs=graphs))
        checks = [judge.ask(networks.get(is_training=mode)) for mode in modes]
        return next(filter(None, checks), None) or judge.conclude()

    return judge


@pytest.fixture
def of_training(networks):
    return EditedGraph(networks.get(is_training=True).graph_def())


def test_a_graph_that_agrees_waits_for_its_own_of_training(beside, of_training):
    check = beside(of_training.graph, [False])
    assert check.outcome == "not run"
    assert "model.ckpt-7.meta: it is a training graph, which only a full proof" in check.detail
    assert check.detail.endswith("other.pb agrees, but may belong to another network")


def test_its_own_graph_of_training_decides(beside, of_training):
    assert beside(of_training.graph, [False, True]).area == "training"
    for node in of_training.graph.node:
        node.op = "Elu" if node.op == "Relu6" else node.op
    check = beside(of_training.graph, [False, True])
    assert (check.area, check.outcome) == ("training", "failed")
    assert check.detail.startswith("model.ckpt-7.meta differs first")


def test_where_its_own_cannot_be_compared_another_decides_which_is_said(beside, of_training):
    of_training.named("Conv2d_0", "Conv2D").op = "PyFunc"
    check = beside(of_training.graph, [False, True])
    assert (check.area, check.outcome) == ("inference", "passed")
    said = "; the checkpoint's own graph was not compared: model.ckpt-7.meta: no layer of it"
    assert check.detail.startswith("other.pb: ")
    assert said in check.detail
