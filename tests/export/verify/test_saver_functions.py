"""What saves is never run; what restores reads the path that it is given: in any graph."""

from pathlib import Path

import pytest
from tensorflow.core.framework import node_def_pb2
from tensorflow.core.protobuf import saved_model_pb2

from slimhub.export.verify import foreign_operations, saver_functions

NETWORK = "mobilenet_v1_025_128"


@pytest.fixture(scope="module")
def content(artifact):
    return Path(artifact(NETWORK, "classification").path, "saved_model.pb").read_bytes()


@pytest.fixture
def meta_graph(content):
    return saved_model_pb2.SavedModel.FromString(content).meta_graphs[0]


def refused(meta_graph):
    saved_model = saved_model_pb2.SavedModel(meta_graphs=[meta_graph])
    return {each.operation for each in foreign_operations.find(saved_model)}


def main_node(meta_graph, name):
    return next(n for n in meta_graph.graph_def.node if n.name == saver_functions.node_of(name))


def named(meta_graph, beginning):
    library = meta_graph.graph_def.library.function
    return next(f for f in library if f.signature.name.startswith(beginning))


def save(meta_graph):
    return saver_functions.node_of(meta_graph.saver_def.save_tensor_name)


def save_function(meta_graph):
    return main_node(meta_graph, save(meta_graph)).attr["f"].func.name


def restore_by_saving(meta_graph):
    meta_graph.saver_def.restore_op_name = save(meta_graph)


def restore_by_output_of_saving(meta_graph):
    meta_graph.saver_def.restore_op_name = meta_graph.saver_def.save_tensor_name


def restore_after_saving(meta_graph):
    main_node(meta_graph, meta_graph.saver_def.restore_op_name).input.append(f"^{save(meta_graph)}")


def start_after_saving(meta_graph):
    meta_graph.graph_def.node.add(name="init", op="NoOp", input=[f"^{save(meta_graph)}"])
    meta_graph.signature_def["__saved_model_init_op"].outputs["o"].name = "init"


def start_by_saving(meta_graph):
    meta_graph.signature_def["__saved_model_init_op"].outputs["o"].name = save(meta_graph)


def answer_by_saving(meta_graph):
    signature = meta_graph.signature_def["serving_default"]
    signature.outputs["more"].name = meta_graph.saver_def.save_tensor_name


def answer_sparsely(meta_graph):
    output = meta_graph.signature_def["serving_default"].outputs["more"]
    output.coo_sparse.values_tensor_name = meta_graph.saver_def.save_tensor_name


def collect_saving(meta_graph):
    meta_graph.collection_def["legacy_init_op"].node_list.value.append(save(meta_graph))


def hand_saving_on(meta_graph):
    node = meta_graph.graph_def.node.add(name="more", op="StatefulPartitionedCall")
    node.attr["f"].func.name = named(meta_graph, "__inference_inference_").signature.name
    node.attr["f"].func.attr["g"].func.name = save_function(meta_graph)


def restore_by_handing_saving_on(meta_graph):
    call = main_node(meta_graph, meta_graph.saver_def.restore_op_name)
    call.attr["f"].func.attr["g"].func.name = save_function(meta_graph)


def derive_by_saving(meta_graph):
    inference = named(meta_graph, "__inference_inference_").signature.name
    gradients = meta_graph.graph_def.library.gradient
    gradients.add(function_name=inference, gradient_func=save_function(meta_graph))


def exchange_for_saving(meta_graph):
    for name in (save_function(meta_graph), "__inference_inference_"):
        named(meta_graph, name).attr["api_implements"].s = b"both"


@pytest.mark.parametrize(
    "edit",
    [
        restore_by_saving, restore_by_output_of_saving, restore_after_saving, start_after_saving,
        start_by_saving, answer_by_saving, answer_sparsely, collect_saving, hand_saving_on,
        restore_by_handing_saving_on, derive_by_saving, exchange_for_saving,
    ],
    ids=lambda edit: edit.__name__,
)  # fmt: skip
def test_nothing_runs_what_saves(meta_graph, edit):
    assert refused(meta_graph) == set()
    edit(meta_graph)
    assert "SaveV2" in refused(meta_graph)


def path_in_graph(meta_graph):
    meta_graph.graph_def.node.add(name="mine", op="Const")
    main_node(meta_graph, meta_graph.saver_def.restore_op_name).input[0] = "mine:0"


def path_of_constant(meta_graph):
    main_node(meta_graph, meta_graph.saver_def.filename_tensor_name).op = "Const"


def path_of_another_argument(meta_graph):
    call = main_node(meta_graph, meta_graph.saver_def.restore_op_name)
    function = named(meta_graph, call.attr["f"].func.name)
    node = next(node for node in function.node_def if node.op == "RestoreV2")
    node.input[0] = function.signature.input_arg[1].name


@pytest.mark.parametrize(
    "edit",
    [path_in_graph, path_of_constant, path_of_another_argument],
    ids=lambda edit: edit.__name__,
)
def test_the_path_to_restore_from_is_not_of_the_graphs_choice(meta_graph, edit):
    edit(meta_graph)
    assert "RestoreV2" in refused(meta_graph)


def test_a_call_that_depends_on_its_caller_is_refused(meta_graph):
    function = named(meta_graph, "__inference_inference_")
    node = node_def_pb2.NodeDef(name="more", op="PartitionedCall")
    node.attr["f"].placeholder = "g"
    function.node_def.append(node)
    assert refused(meta_graph) == {"PartitionedCall"}
    node.attr["f"].func.name = "f"
    node.attr["f"].func.attr["g"].placeholder = "g"
    function.node_def[-1].CopyFrom(node)
    assert refused(meta_graph) == {"PartitionedCall"}


def test_functions_that_call_each_other_in_a_circle_are_refused(meta_graph):
    library = meta_graph.graph_def.library
    for name, other in (("one", "two"), ("two", "one"), ("outer", "one")):
        function = library.function.add()
        function.signature.name = name
        function.node_def.add(name="c", op="PartitionedCall").attr["f"].func.name = other
    assert refused(meta_graph) == {"a call of itself"}
