"""Which files may hold the graph of a checkpoint, and what is read of them."""

import shutil

import numpy as np
import pytest

from slimhub import checkpoints
from slimhub.checkpoints import original_graphs
from slimhub.common.errors import CheckpointError
from tests.conftest import write_checkpoint


def test_the_likeliest_comes_first():
    files = [
        "net/frozen.pb",
        "net/ema/graph.pbtxt",
        "net/ema/model-5.meta",
        "net/ema/model-4.meta",
        "net/ema/eval.pbtxt",
        "net/ema/model-5.index",
        "other/frozen.pb",
        "net/ema/saved_model.pb",
        "info.pbtxt",
    ]
    assert original_graphs.find(files, "net/ema/model-5") == [
        "net/ema/model-5.meta",
        "net/ema/graph.pbtxt",
        "net/ema/eval.pbtxt",
        "net/frozen.pb",
        "info.pbtxt",
    ]


def test_a_collection_of_graphs_is_cut_short():
    files = [f"net_{i}.pb" for i in range(100)]
    assert len(original_graphs.find(files, "model-5")) == 8


@pytest.fixture
def trained(tmp_path):
    """A folder with a checkpoint, its graph, and a frozen graph above it."""
    folder = tmp_path / "net" / "ema"
    folder.mkdir(parents=True)
    write_checkpoint(folder / "model-5", {"net/weights": np.ones([2], np.float32)})
    (folder / "model-5.meta").write_bytes(b"any")
    (tmp_path / "net" / "frozen.pb").write_bytes(b"any")
    return folder


def graphs_of(source):
    with checkpoints.open(source) as opened:
        assert all(path.is_file() for path in opened.graph_files)
        return [path.name for path in opened.graph_files], opened.source_sha256


def test_graphs_are_found_however_the_checkpoint_is_named(trained, tmp_path):
    both, alone = ["model-5.meta", "frozen.pb"], ["model-5.meta"]
    assert graphs_of(tmp_path / "net")[0] == both
    assert graphs_of(trained)[0] == alone
    assert graphs_of(trained / "model-5")[0] == alone
    assert graphs_of(trained / "model-5.index")[0] == alone


@pytest.mark.parametrize("form", ["gztar", "zip"])
def test_graphs_are_unpacked_with_the_checkpoint(trained, tmp_path, form):
    archive = shutil.make_archive(str(tmp_path / "archive"), form, tmp_path / "net")
    assert graphs_of(archive)[0] == ["model-5.meta", "frozen.pb"]


def test_graphs_do_not_change_the_digest(trained):
    _, with_graph = graphs_of(trained)
    (trained / "model-5.meta").unlink()
    assert graphs_of(trained) == ([], with_graph)


def test_of_several_graphs_those_not_of_training_come_first(tmp_path):
    from tensorflow.core.protobuf import saved_model_pb2

    model = saved_model_pb2.SavedModel()
    for tags in (["serve", "train"], ["serve"]):
        graph = model.meta_graphs.add()
        graph.meta_info_def.tags.extend(tags)
        graph.graph_def.node.add(name="_".join(tags), op="NoOp")
    path = tmp_path / "saved_model.pb"
    path.write_bytes(model.SerializeToString())
    assert [g.node[0].name for g in original_graphs.read(path)] == ["serve", "serve_train"]


@pytest.mark.parametrize("name", ["model.meta", "saved_model.pb", "graph.pbtxt", "frozen.pb"])
def test_a_damaged_graph_is_named(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(b"\xff\xfe nothing of the kind")
    with pytest.raises(CheckpointError, match=f"{name} is damaged"):
        list(original_graphs.read(path))
