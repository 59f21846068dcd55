"""A graph with operations of its own is not run, wherever they are."""

import shutil
import types
from pathlib import Path

import pytest
from tensorflow.core.framework import node_def_pb2
from tensorflow.core.protobuf import saved_model_pb2

from slimhub.export import record, verify
from slimhub.export.verify import Check, foreign_operations
from slimhub.export.verify.checks import artifact_files
from slimhub.export.verify.foreign_operations import ForeignOperation
from slimhub.export.verify.process import untrusted
from tests.checkpoints import test_index_check
from tests.fixtures import foreign_artifacts
from tests.fixtures.commands import run

NETWORK = "mobilenet_v1_025_128"


@pytest.fixture(scope="module")
def own(artifact):
    return Path(artifact(NETWORK, "classification").path)


@pytest.fixture
def saved_model(own):
    return read(own)


def read(folder):
    return saved_model_pb2.SavedModel.FromString((folder / "saved_model.pb").read_bytes())


def functions(saved_model, beginning):
    library = saved_model.meta_graphs[0].graph_def.library.function
    return [f for f in library if f.signature.name.startswith(beginning)]


def test_artifacts_have_none(saved_model):
    assert foreign_operations.find(saved_model) == []


def test_published_modules_have_none(synthetic_checkpoint, tmp_path):
    foreign_artifacts.write_published(NETWORK, synthetic_checkpoint(NETWORK), tmp_path / "module")
    assert foreign_operations.find(read(tmp_path / "module")) == []


def test_an_index_that_would_end_the_process_is_not_loaded(own, tmp_path):
    shutil.copytree(own, tmp_path / "own")
    index = tmp_path / "own" / "variables" / "variables.index"
    test_index_check.index_of(index, test_index_check.negative)
    artifact = types.SimpleNamespace(folder=tmp_path / "own", proto=read(own))
    refused = untrusted.refuse(artifact, Check("files", "digests", "passed"))
    assert "unknown or negative dimension" in refused[0].detail
    assert list(artifact_files._texts(tmp_path / "own" / "variables", {}))


OPERATIONS = ["WriteFile", "PyFunc", "ReadFile", "InitializeTableFromTextFileV2", "MyCustomOp"]


@pytest.mark.parametrize("operation", [*OPERATIONS, "SaveV2", "RestoreV2"])
@pytest.mark.parametrize(
    "beginning",
    [
        "__inference_inference_",  # what __call__ calls
        "__inference_training_",
        "__inference___call__",
        "__inference_classify",
        "__inference_regularization_loss",
    ],
)
def test_functions_are_searched(saved_model, beginning, operation):
    function = functions(saved_model, beginning)[0]
    function.node_def.add(name="more", op=operation)
    place = f"the function {function.signature.name}"
    assert foreign_operations.find(saved_model) == [ForeignOperation(operation, place)]


def test_the_main_graph_is_searched(saved_model):
    saved_model.meta_graphs[0].graph_def.node.add(name="init", op="PrintV2")
    assert foreign_operations.find(saved_model) == [ForeignOperation("PrintV2", "the main graph")]


def test_a_second_graph_is_searched(saved_model):
    saved_model.meta_graphs.add().graph_def.node.add(name="more", op="WriteFile")
    (found,) = foreign_operations.find(saved_model)
    assert found.operation == "WriteFile"


def restoring(saved_model):
    (function,) = functions(saved_model, "__inference__traced_restore")
    return function, next(node for node in function.node_def if node.op == "RestoreV2")


def test_the_restore_function_writes_nothing(saved_model):
    function, _ = restoring(saved_model)
    function.node_def.add(name="more", op="SaveV2")
    (found,) = foreign_operations.find(saved_model)
    assert found == ForeignOperation("SaveV2", f"the function {function.signature.name}")


def test_the_restore_function_reads_the_files_that_it_is_given(saved_model):
    function, node = restoring(saved_model)
    function.node_def.add(name="mine", op="Const")
    node.input[0] = "mine:output:0"
    (found,) = foreign_operations.find(saved_model)
    assert found == ForeignOperation("RestoreV2", f"the function {function.signature.name}")


def test_the_restore_function_may_go_through_identities_but_not_in_a_circle(saved_model):
    function, node = restoring(saved_model)
    function.node_def.add(name="same", op="Identity", input=[node.input[0]])
    node.input[0] = "same:output:0"
    assert foreign_operations.find(saved_model) == []
    function.node_def.add(name="round", op="Identity", input=["round:output:0"])
    node.input[0] = "round:output:0"
    assert len(foreign_operations.find(saved_model)) == 1


def test_only_the_saver_calls_the_restore_function(saved_model):
    """Called from elsewhere, it could read any file."""
    function, _ = restoring(saved_model)
    name = function.signature.name
    (caller, *_) = functions(saved_model, "__inference_inference_")
    node = node_def_pb2.NodeDef(name="more", op="StatefulPartitionedCall")
    node.attr["f"].func.name = name
    caller.node_def.append(node)
    assert foreign_operations.find(saved_model) == [
        ForeignOperation("RestoreV2", f"the function {name}")
    ]


def test_no_object_has_the_restore_function(saved_model):
    function, _ = restoring(saved_model)
    objects = saved_model.meta_graphs[0].object_graph_def
    objects.nodes.add().function.concrete_functions.append(function.signature.name)
    assert len(foreign_operations.find(saved_model)) == 1


def test_names_cannot_control_the_terminal(saved_model):
    saved_model.meta_graphs[0].graph_def.node.add(name="more", op="\x1b[31mgood\nproof holds")
    found = foreign_operations.find(saved_model)
    assert foreign_operations.explain(found) == (
        "1 operation that no artifact of slimhub has: "
        r"\x1b[31mgood\nproof holds in the main graph"
    )


def write_file(folder, path):
    """Makes each call of an artifact write a file; without its record, or the digests differ."""
    (folder / record.PATH).unlink()
    saved_model = read(folder)
    for function in functions(saved_model, "__inference_inference_"):
        for name, content in (("path", str(path)), ("content", "written")):
            node = function.node_def.add(name=name, op="Const")
            node.attr["dtype"].type = 7
            node.attr["value"].tensor.dtype = 7
            node.attr["value"].tensor.tensor_shape.SetInParent()
            node.attr["value"].tensor.string_val.append(content.encode())
        function.node_def.add(
            name="write", op="WriteFile", input=["path:output:0", "content:output:0"]
        )
        function.signature.is_stateful = True
        function.signature.control_output.append("write")
        function.control_ret["write"] = "write"
    (folder / "saved_model.pb").write_bytes(saved_model.SerializeToString())


def test_nothing_of_it_is_run_without_trust(own, tmp_path):
    folder, path = shutil.copytree(own, tmp_path / "artifact"), tmp_path / "written"
    write_file(folder, path)
    words = ["verify", str(folder), f"--network={NETWORK}", "--task=classification"]
    finished = run(*words)
    assert finished.returncode == 1
    assert not path.exists()
    assert "loading: not loaded: it has " in finished.stdout
    assert "that no artifact of slimhub has: WriteFile in the function " in finished.stdout
    assert "; if you trust whoever wrote it, load it with --trust\n" in finished.stdout

    run(*words, "--trust")
    assert path.read_text() == "written"  # so it would have been


def test_files_are_compared_before_anything_is_loaded(own, tmp_path):
    folder = shutil.copytree(own, tmp_path / "artifact")
    (folder / "assets.extra" / "more.txt").write_text("more")
    proof = verify.verify(folder)
    failed = {check.name: check.detail for check in proof.failed}
    assert failed.keys() == {"digests", "loading"}
    assert failed["loading"].startswith("not loaded, since its files are not those of its record")
    trusted = verify.verify(folder, trust=True)
    assert [check.name for check in trusted.failed] == ["digests"]
