"""design/contract.md, "Loaded object", line by line, on the saved object graph and on disk."""

from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2

from tests.fixtures import support

SIZE = 224
OUTPUTS = {"feature_vector": ("feature_vector", 1024), "classification": ("logits", 1001)}


@pytest.fixture(scope="module", params=["feature_vector", "classification"])
def case(request, artifact):
    made = artifact("mobilenet_v3_small_075_224", request.param)
    proto = saved_model_pb2.SavedModel()
    proto.ParseFromString(Path(made.path, "saved_model.pb").read_bytes())
    return made, made.load(), proto


def children(proto):
    """Object graph nodes by path, as far as the root's children and theirs."""
    nodes = proto.meta_graphs[0].object_graph_def.nodes
    found = {}
    for child in nodes[0].children:
        found[child.local_name] = nodes[child.node_id]
        for inner in nodes[child.node_id].children:
            found[f"{child.local_name}/{inner.local_name}"] = nodes[inner.node_id]
    return found


def test_one_meta_graph_with_tag_serve(case):
    _, _, proto = case
    (meta_graph,) = proto.meta_graphs
    assert list(meta_graph.meta_info_def.tags) == ["serve"]


def test_the_root_has_the_contracts_children(case):
    made, _, proto = case
    expected = {
        "__call__",
        "variables",
        "trainable_variables",
        "regularization_losses",
        "signatures",
        "serve",
        "train",
    }
    labels = {"labels"} if made.task == "classification" else set()
    assert {name for name in children(proto) if "/" not in name} == expected | labels


def test_call_has_the_contracts_arguments(case):
    _, loaded, _ = case
    spec = loaded.__call__.function_spec.fullargspec
    assert spec.args == ["inputs", "training", "return_endpoints", "batch_norm_momentum"]
    assert spec.defaults == (False, False, 0.99)


def test_call_has_four_concrete_functions(case):
    _, loaded, proto = case
    assert len(children(proto)["__call__"].function.concrete_functions) == 4
    images = tf.TensorSpec((None, SIZE, SIZE, 3), tf.float32, name="inputs")
    momentum = tf.TensorSpec((), tf.float32, name="batch_norm_momentum")
    signatures = [f.structured_input_signature for f in loaded.__call__.concrete_functions]
    for training in (False, True):
        for return_endpoints in (False, True):
            assert ((images, training, return_endpoints, momentum), {}) in signatures


def test_variables_are_all_that_a_call_can_touch(case):
    _, loaded, proto = case
    captured = {
        id(variable)
        for function in loaded.__call__.concrete_functions
        for variable in function.graph.variables
    }
    assert captured == {id(variable) for variable in loaded.variables}
    trainable = {id(variable) for variable in loaded.trainable_variables}
    assert trainable < captured
    for variable in loaded.variables:
        is_statistic = "/moving_" in variable.name
        assert variable.trainable == (not is_statistic) == (id(variable) in trainable)
    for name, node in children(proto).items():
        if name.startswith("trainable_variables/"):
            assert node.variable.trainable


def test_the_regularization_loss_is_one_function_of_no_arguments(case):
    _, loaded, proto = case
    losses = [name for name in children(proto) if name.startswith("regularization_losses/")]
    assert losses == ["regularization_losses/0"]
    (loss,) = loaded.regularization_losses
    assert loss().dtype == tf.float32
    assert loss().shape == ()
    weights = [v for v in loaded.variables if v.name.endswith("/weights:0")]
    assert any("depthwise_weights" in v.name for v in loaded.variables)
    squares = sum(np.sum(np.square(v.numpy(), dtype=np.float64)) for v in weights)
    # Summed in float64 here and in float32 there.
    assert loss().numpy() == pytest.approx(4e-5 * squares / 2, rel=1e-6)


def test_the_output_is_one_tensor(case):
    made, loaded, _ = case
    output = loaded(support.images(3, SIZE))
    assert output.dtype == tf.float32
    assert output.shape == (3, OUTPUTS[made.task][1])


def test_endpoints_are_a_flat_dict_with_the_scope_in_front(case):
    made, loaded, _ = case
    endpoints = loaded(support.images(1, SIZE), return_endpoints=True)
    source = support.SourceNetwork(made.spec, made.num_classes)
    assert set(endpoints) == {"default"} | {f"MobilenetV3/{name}" for name in source.endpoints}
    assert endpoints["MobilenetV3/global_pool"].shape == (1, 1, 1, 1024)
    assert ("MobilenetV3/Logits" in endpoints) == (made.task == "classification")


def test_defaults_change_nothing(case):
    _, loaded, _ = case
    batch = support.images(2, SIZE)
    output = loaded(batch).numpy()
    assert (output == loaded(batch, training=False).numpy()).all()
    assert (output == loaded(inputs=batch).numpy()).all()
    assert (output == loaded(batch, return_endpoints=True)["default"].numpy()).all()


@pytest.mark.parametrize(
    "batch",
    [np.zeros((1, 200, 200, 3), np.float32), np.zeros((1, SIZE, SIZE, 3), np.float64)],
    ids=["size", "dtype"],
)
def test_wrong_images_are_tensorflows_own_error(case, batch):
    _, loaded, _ = case
    with pytest.raises(ValueError, match=r"TensorSpec\(shape=\(None, 224, 224, 3\)"):
        loaded(tf.constant(batch))


def test_serving_default_has_the_published_tensor_names(case):
    made, loaded, proto = case
    name, width = OUTPUTS[made.task]
    signature = proto.meta_graphs[0].signature_def["serving_default"]
    assert {key: info.name for key, info in signature.inputs.items()} == {
        "inputs": "serving_default_inputs:0"
    }
    assert {key: info.name for key, info in signature.outputs.items()} == {
        name: "StatefulPartitionedCall:0"
    }
    batch = support.images(2, SIZE)
    served = loaded.signatures["serving_default"](inputs=tf.constant(batch))
    assert served[name].shape == (2, width)
    assert (served[name].numpy() == loaded(batch).numpy()).all()


def test_only_allowed_files_are_in_the_folder(case):
    made, _, _ = case
    files = set(made.result.record.files)
    assert files >= {"saved_model.pb", "variables/variables.index"}
    allowed = (
        "saved_model.pb",
        "fingerprint.pb",
        "assets/",
        "assets.extra/",
        "variables/variables.",
    )
    assert all(name.startswith(allowed) for name in files)


def test_no_proto_names_the_machine(case):
    made, _, proto = case
    content = proto.SerializeToString()
    for secret in (made.path, str(support.REPOSITORY), "/tmp/", "site-packages"):
        assert secret.encode() not in content
