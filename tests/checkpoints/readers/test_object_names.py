"""Object-based checkpoints: names from their proto, which anybody may have written."""

import numpy as np
import pytest
import tensorflow as tf
from tensorflow.core.protobuf import trackable_object_graph_pb2

from slimhub import checkpoints
from slimhub.checkpoints.names import OBJECT_GRAPH
from tests.checkpoints.conftest import WEIGHTS, make

KEY = "net/.ATTRIBUTES/VARIABLE_VALUE"


def saved(folder, *entries, keys=(KEY,), proto=None):
    """Writes a checkpoint by hand: entries are (name of the variable, key)."""
    graph = trackable_object_graph_pb2.TrackableObjectGraph()
    for name, key in entries:
        attribute = graph.nodes.add().attributes.add(name="VARIABLE_VALUE")
        attribute.full_name, attribute.checkpoint_key = name, key
    content = graph.SerializeToString() if proto is None else proto
    return make(folder / "ckpt-3", {key: WEIGHTS for key in keys} | {OBJECT_GRAPH: content})


def test_a_variable_goes_by_the_name_it_was_made_with(tmp_path):
    with checkpoints.open(saved(tmp_path, ("Net/weights", KEY))) as opened:
        assert (opened.format, opened.step) == ("object_based", None)
        assert list(opened.tensors) == ["Net/weights"]
        np.testing.assert_array_equal(opened.read("Net/weights"), WEIGHTS)


def test_what_training_keeps_is_left_out(tmp_path):
    keys = [
        KEY,
        "save_counter/.ATTRIBUTES/VARIABLE_VALUE",
        "optimizer/_variables/1/.ATTRIBUTES/VARIABLE_VALUE",
        "model/optimizer/_variables/1/.ATTRIBUTES/VARIABLE_VALUE",
        "keras_api/metrics/0/total/.ATTRIBUTES/VARIABLE_VALUE",
        "net/.OPTIMIZER_SLOT/optimizer/m/.ATTRIBUTES/VARIABLE_VALUE",
    ]
    entries = [(f"Net/{number}", key) for number, key in enumerate(keys)]
    with checkpoints.open(saved(tmp_path, *entries, keys=keys)) as opened:
        assert list(opened.tensors) == ["Net/0"]


def test_two_variables_of_one_name_are_refused(tmp_path, refuses):
    other = "other/.ATTRIBUTES/VARIABLE_VALUE"
    path = saved(tmp_path, ("Net/weights", KEY), ("Net/weights", other), keys=(KEY, other))
    refuses(path, "^ckpt-3 holds several variables named Net/weights, so it is not clear which")


@pytest.mark.parametrize("proto", [b"\xff\xff", np.zeros(3, np.float32), np.array([b"a", b"b"])])
def test_a_damaged_list_of_names_is_refused(tmp_path, refuses, proto):
    refuses(saved(tmp_path, proto=proto), r"ckpt-3\.(index|data-\S+) is damaged and cannot be read")


def test_a_key_that_is_not_there_is_refused(tmp_path, refuses):
    refuses(saved(tmp_path, ("Net/weights", "away")), r"^ckpt-3\.index is damaged and cannot be")


def test_a_module_that_was_saved_as_it_is_has_its_names(tmp_path):
    module = tf.Module()
    module.inner = tf.Module()
    with tf.name_scope("Net"):
        module.inner.weights = tf.Variable(WEIGHTS, name="weights")
    tf.train.Checkpoint(module=module).write(str(tmp_path / "written"))
    with checkpoints.open(tmp_path / "written") as opened:
        np.testing.assert_array_equal(opened.read("Net/weights"), WEIGHTS)
