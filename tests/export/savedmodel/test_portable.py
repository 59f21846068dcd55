"""The steps that make an artifact portable: what each does, and that none changes a result."""

import copy
import gzip
import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from tensorflow.core.framework import function_pb2
from tensorflow.core.protobuf import saved_model_pb2

from slimhub import export
from slimhub.common.errors import ExportError
from slimhub.export.savedmodel import portable, writer
from slimhub.export.savedmodel.redundant import drop_redundant
from tests.fixtures import support

OPERATIONS = support.REPOSITORY / "export" / "savedmodel" / "data" / "operations_1.15.json.gz"


@pytest.fixture(scope="module")
def as_written(synthetic_checkpoint, tmp_path_factory):
    """An artifact as TensorFlow writes it, without any step."""
    network = "mobilenet_v3_small_075_224"
    folder = tmp_path_factory.mktemp("unportable") / "artifact"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(writer, "rewrite", lambda folder: None)
        checkpoint = str(synthetic_checkpoint(network))
        export.export(export.Request(network, checkpoint, str(folder), proof="none"))
    return folder


@pytest.fixture
def proto(as_written):
    return saved_model_pb2.SavedModel.FromString((as_written / "saved_model.pb").read_bytes())


def nodes(proto):
    graph = proto.meta_graphs[0].graph_def
    yield from graph.node
    for function in graph.library.function:
        yield from function.node_def


def outputs_of(folder):
    module = tf.saved_model.load(str(folder))
    batch = support.images(2, 224)
    endpoints = module(batch, return_endpoints=True)
    trained = module(batch, training=True, batch_norm_momentum=0.9)
    values = {name: tensor.numpy() for name, tensor in endpoints.items()}
    values |= {variable.name: variable.numpy() for variable in module.variables}
    return values | {"trained": trained.numpy(), "loss": module.regularization_losses[0]().numpy()}


@pytest.fixture(scope="module")
def expected(as_written):
    return outputs_of(as_written)


STEPS = [*portable.STEPS, drop_redundant]


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.__name__)
def test_no_step_changes_a_result(as_written, proto, expected, step, tmp_path):
    folder = tmp_path / "artifact"
    shutil.copytree(as_written, folder)
    if step is not portable.drop_copy_on_read:
        portable.drop_copy_on_read(proto)  # the others refuse or do not know the operation
    step(proto)
    (folder / "saved_model.pb").write_bytes(proto.SerializeToString(deterministic=True))
    actual = outputs_of(folder)
    assert actual.keys() == expected.keys()
    assert all((actual[name] == value).all() for name, value in expected.items())


def test_no_node_says_what_another_says(proto):
    before = list(nodes(proto))
    drop_redundant(proto)
    after = list(nodes(proto))
    assert len(after) < 0.8 * len(before)
    for function in proto.meta_graphs[0].graph_def.library.function:
        kept = {name.split(":")[0] for name in function.ret.values()}
        kept |= {name[1:] for node in function.node_def for name in node.input if name[0] == "^"}
        consumed = {name.split(":")[0] for node in function.node_def for name in node.input}
        alone = [node for node in function.node_def if len(node.input) == 1]
        identities = {node.name for node in alone if node.op == "Identity"}
        assert not identities & consumed - kept
        constants = [str(node.attr) for node in function.node_def if node.op == "Const"]
        assert len(constants) == len(set(constants))


def test_a_redundant_node_that_others_wait_for_stays():
    function = function_pb2.FunctionDef()
    for name, operation, inputs in (
        ("first", "Identity", ["argument"]),
        ("second", "Identity", ["argument"]),
        ("third", "Identity", ["second:output:0"]),
        ("turned", "Identity", ["argument"]),
        ("sum", "AddN", ["third:output:0", "first:output:0", "turned:output:0", "^first"]),
    ):
        function.node_def.add(name=name, op=operation, input=inputs)
    function.node_def[3].attr["_gradient_op_type"].s = b"GradientReversal"
    function.ret["sum"] = "sum:z:0"
    saved = saved_model_pb2.SavedModel()
    saved.meta_graphs.add().graph_def.library.function.append(function)
    drop_redundant(saved)
    left = saved.meta_graphs[0].graph_def.library.function[0].node_def
    assert [node.name for node in left] == ["first", "turned", "sum"]
    assert list(left[2].input) == ["argument", "first:output:0", "turned:output:0", "^first"]


def test_copy_on_read_is_dropped_with_all_that_names_it(proto):
    before = copy.deepcopy(proto)
    dropped = {node.name for node in nodes(proto) if node.op == "DisableCopyOnRead"}
    assert len(dropped) == 208
    portable.drop_copy_on_read(proto)
    assert not [node for node in nodes(proto) if node.op == "DisableCopyOnRead"]
    for function in proto.meta_graphs[0].graph_def.library.function:
        names = {node.name for node in function.node_def} | {
            argument.name for argument in function.signature.input_arg
        }
        used = {i.lstrip("^").split(":")[0] for node in function.node_def for i in node.input}
        assert used <= names
        assert set(function.control_ret.values()) <= names
        assert set(function.signature.control_output) == set(function.control_ret)
    assert len(list(nodes(before))) - len(list(nodes(proto))) == 208


def test_only_dispensable_attributes_are_dropped(proto):
    portable.drop_copy_on_read(proto)
    before = [(node.op, set(node.attr)) for node in nodes(proto)]
    portable.drop_unknown_attributes(proto)
    dropped = {
        (operation, attribute)
        for (operation, attributes), node in zip(before, nodes(proto), strict=True)
        for attribute in attributes - set(node.attr)
    }
    assert ("AssignVariableOp", "validate_shape") in dropped
    assert ("VarHandleOp", "debug_name") in dropped


def test_an_attribute_with_a_meaning_is_refused(proto):
    portable.drop_copy_on_read(proto)
    convolution = next(node for node in nodes(proto) if node.op == "Conv2D")
    convolution.attr["from_the_future"].i = 3
    with pytest.raises(ExportError, match="uses the attribute from_the_future"):
        portable.drop_unknown_attributes(proto)


def test_an_operation_of_a_newer_release_is_refused(proto):
    with pytest.raises(ExportError, match="the graph uses DisableCopyOnRead, which TensorFlow"):
        portable.check_operations(proto)
    portable.drop_copy_on_read(proto)
    portable.check_operations(proto)
    next(node for node in nodes(proto) if node.op == "Conv2D").op = "DecodeImage"
    with pytest.raises(ExportError, match="the graph uses DecodeImage"):
        portable.check_operations(proto)


@pytest.mark.parametrize("task", ["feature_vector", "classification"])
def test_what_is_written_knows_nothing_newer_than_the_oldest_release(artifact, task):
    path = Path(artifact("mobilenet_v3_small_075_224", task).path, "saved_model.pb")
    written = saved_model_pb2.SavedModel.FromString(path.read_bytes())
    known = json.loads(gzip.decompress(OPERATIONS.read_bytes()))
    functions = written.meta_graphs[0].graph_def.library.function
    names = {function.signature.name for function in functions}
    for node in nodes(written):
        if node.op not in names:
            public = {attribute for attribute in node.attr if not attribute.startswith("_")}
            assert public <= set(known[node.op]), node.name
    calls = [n for f in functions for n in f.node_def if n.op == "StatefulPartitionedCall"]
    assert calls
    assert all(call.attr["_gradient_op_type"].s for call in calls)


EXPORT = """
import sys
from slimhub.export import Request, export
export(Request(sys.argv[1], sys.argv[2], sys.argv[3], task="classification"))
"""


def test_every_call_inside_a_function_is_marked(proto):
    functions = proto.meta_graphs[0].graph_def.library.function
    calls = [n for f in functions for n in f.node_def if n.op == "StatefulPartitionedCall"]
    assert len(calls) == 10  # six ways to call, two signatures and their wrappers
    assert not any("_gradient_op_type" in call.attr for call in calls)
    portable.mark_calls(proto)
    assert all(call.attr["_gradient_op_type"].s for call in calls)


def test_two_exports_in_fresh_processes_are_byte_identical(synthetic_checkpoint, tmp_path):
    network = "mobilenet_v3_small_minimalistic_100_224"
    folders = [tmp_path / "one", tmp_path / "elsewhere" / "two"]
    for seed, folder in enumerate(folders):
        command = [sys.executable, "-c", EXPORT, network, str(synthetic_checkpoint(network))]
        environment = {"PYTHONHASHSEED": str(seed), "PATH": ""}
        subprocess.run([*command, str(folder)], check=True, cwd=support.REPOSITORY, env=environment)
    names = [sorted(p.relative_to(f) for p in f.rglob("*") if p.is_file()) for f in folders]
    assert names[0] == names[1]
    assert len(names[0]) == 6  # graph, two of variables, labels, golden output, record
    for name in names[0]:
        assert (folders[0] / name).read_bytes() == (folders[1] / name).read_bytes(), name


def test_the_folder_has_no_fingerprint(artifact):
    made = artifact()
    assert not Path(made.path, "fingerprint.pb").exists()
    assert np.isfinite(made.load()(support.images(1, 128)).numpy()).all()
