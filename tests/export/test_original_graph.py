"""The graph beside a checkpoint judges its export, wherever both come from."""

import shutil

import pytest
import tensorflow.compat.v1 as tf

from slimhub import export
from slimhub.export.verify.proof import ORIGINAL_GRAPH
from slimhub.export.verify.reference.source_network import SourceNetwork
from slimhub.export.verify.subject import Source, Subject
from slimhub.export.verify.verification import verify
from tests.fixtures import commands
from tests.fixtures.graph_edits import EditedGraph
from tests.fixtures.support import REFERENCE, needs_reference

_NETWORK = "mobilenet_v1_025_128"
_REAL = REFERENCE / "real"


@pytest.fixture(scope="module")
def graphs(synthetic_checkpoint):
    """The network's graphs of inference and of training."""
    subject = Subject(_NETWORK, "classification")
    source = Source(str(synthetic_checkpoint(_NETWORK)), "auto")
    return [
        SourceNetwork(subject, source, is_training=is_training).graph_def()
        for is_training in (False, True)
    ]


@pytest.fixture
def folder(synthetic_checkpoint, tmp_path):
    """A folder with the checkpoint, to put a graph into."""
    prefix = synthetic_checkpoint(_NETWORK)
    made = tmp_path / "trained"
    made.mkdir()
    for file in prefix.parent.glob(f"{prefix.name}.*"):
        shutil.copy(file, made)
    return made


def write_meta(folder, graph):
    meta = tf.MetaGraphDef(graph_def=graph)
    (folder / "model.ckpt-7.meta").write_bytes(meta.SerializeToString())


def judged(folder, tmp_path, proof="quick"):
    request = export.Request(_NETWORK, str(folder), str(tmp_path / "artifact"), proof=proof)
    checks = export.export(request).proof.checks
    return next(check for check in checks if check.name == ORIGINAL_GRAPH)


def test_a_graph_of_inference_judges(folder, tmp_path, graphs):
    write_meta(folder, graphs[0])
    check = judged(folder, tmp_path)
    assert (check.area, check.outcome, check.difference) == ("inference", "passed", 0)
    assert check.detail.startswith("model.ckpt-7.meta: 29 arrays, among them 28 of 28 endpoints")
    assert check.reason.startswith("20 times the effect of the input's last bit")


def test_a_graph_of_training_judges_in_training_mode(folder, tmp_path, graphs):
    write_meta(folder, graphs[1])
    check = judged(folder, tmp_path, proof="full")
    assert (check.area, check.outcome, check.difference) == ("training", "passed", 0)


def test_of_two_graphs_the_one_that_can_be_run_judges(folder, tmp_path, graphs):
    write_meta(folder, tf.GraphDef())
    (folder / "graph.pbtxt").write_text(str(graphs[0]))
    assert judged(folder, tmp_path).detail.startswith("graph.pbtxt: 29 arrays")


def test_a_graph_of_another_training_beside_its_own_is_said(folder, tmp_path, graphs):
    write_meta(folder, graphs[1])
    edited = EditedGraph(graphs[0])
    edited.named("Conv2d_3_pointwise", "Relu6").op = "Elu"
    (folder / "other.pb").write_bytes(edited.graph.SerializeToString())
    check = judged(folder, tmp_path)
    assert check.outcome == "not run"
    assert "model.ckpt-7.meta: it is a training graph" in check.detail
    assert "other.pb differs first" in check.detail
    assert check.detail.endswith(", and may belong to another network")


def test_its_own_graph_decides_in_training_mode(folder, tmp_path, graphs):
    write_meta(folder, graphs[1])
    edited = EditedGraph(graphs[0])
    edited.named("Conv2d_3_pointwise", "Relu6").op = "Elu"
    (folder / "other.pb").write_bytes(edited.graph.SerializeToString())
    check = judged(folder, tmp_path, proof="full")
    assert (check.area, check.outcome, check.difference) == ("training", "passed", 0)
    assert check.detail.endswith("; next to it, other.pb belongs to another network")


def test_without_a_graph_it_is_said(folder, tmp_path):
    check = judged(folder, tmp_path)
    assert check.outcome == "not run"
    assert check.detail.startswith("the source comes without a graph of its training")


@pytest.mark.parametrize(("content", "said"), [(b"\xff\xff", "damaged"), (b"", "is empty")])
def test_a_damaged_graph_is_said_and_no_judge(folder, tmp_path, content, said):
    (folder / "model.ckpt-7.meta").write_bytes(content)
    check = judged(folder, tmp_path)
    assert check.outcome == "not run"
    assert said in check.detail


def test_another_network_is_refused_and_nothing_is_written(folder, tmp_path, graphs):
    edited = EditedGraph(graphs[0])
    edited.named("Conv2d_3_pointwise", "Relu6").op = "Elu"
    write_meta(folder, edited.graph)
    finished = commands.run(
        "export", _NETWORK, f"--checkpoint={folder}", f"--output={tmp_path / 'artifact'}"
    )
    assert finished.returncode == 1
    assert "the artifact failed its proof and was not put in place" in finished.stderr
    assert f"failed   inference  {ORIGINAL_GRAPH} (difference " in finished.stderr
    assert "Conv2d_3_pointwise/weights it has the activation Elu, not Relu6" in finished.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["trained"]


def test_an_artifact_is_verified_with_the_graph(artifact, folder, graphs):
    made = artifact(_NETWORK)
    edited = EditedGraph(graphs[0])
    edited.named("Conv2d_3_pointwise", "FusedBatchNormV3").attr["epsilon"].f = 0.1
    write_meta(folder, edited.graph)
    proof = verify(made.path, str(folder))
    assert [check.name for check in proof.failed] == [ORIGINAL_GRAPH]
    assert "an epsilon of 0.1, not 0.001" in proof.failed[0].detail


@pytest.mark.parametrize(
    ("kind", "label"),
    [
        ("frozen", "model.pb"),
        ("estimator", "1577836800/saved_model.pb"),
        ("hub module", "module/saved_model.pb"),
        ("keras model", "keras/saved_model.pb"),
    ],
)
def test_the_graph_of_a_source_judges(weight_source, tmp_path, kind, label):
    check = judged(weight_source(kind).path, tmp_path)
    assert (check.outcome, check.difference) == ("passed", 0), check.detail
    assert check.detail.startswith(f"{label}: 29 arrays, among them 28 of 28 endpoints")


def test_a_source_whose_graph_calls_no_layer_is_said(weight_source, tmp_path):
    """A module that was saved without signatures has its layers in functions alone."""
    check = judged(weight_source("saved again").path, tmp_path)
    assert check.outcome == "not run"
    assert check.detail.startswith("again/saved_model.pb: no layer of it applies MobilenetV1/")


@needs_reference
@pytest.mark.parametrize(
    ("network", "source", "graph"),
    [
        ("mobilenet_v3_small_075_224", "v3-small_224_0.75_float.tgz", "model-497500.meta"),
        ("mobilenet_v1_100_224", "mobilenet_v1_1.0_224_frozen.pb", "mobilenet_v1_1.0_224_frozen"),
    ],
)
def test_the_real_graphs_agree(tmp_path, network, source, graph):
    output = str(tmp_path / "artifact")
    result = export.export(export.Request(network, str(_REAL / source), output, proof="quick"))
    check = next(check for check in result.proof.checks if check.name == ORIGINAL_GRAPH)
    assert check.outcome == "passed"
    assert check.detail.startswith(graph)
    assert 0 < check.difference < check.tolerance < 1e-3
    assert "37 of 37 endpoints" in check.detail or "28 of 28 endpoints" in check.detail
