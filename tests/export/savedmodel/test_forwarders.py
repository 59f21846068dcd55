"""A function that only calls another one is not kept; whatever else a function does stays."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2

from slimhub.export.savedmodel import forwarders

NETWORK = "mobilenet_v1_025_128"
IMAGES = tf.TensorSpec([None, 2], tf.float32, name="inputs")
# Ways to call a function that updates a variable and returns two values.
CALLS = ("same", "again", "swapped", "fewer", "more", "turned", "counted", "compiled", "chained")
BRANCHES = ("chosen", "switched")


def read(folder):
    return saved_model_pb2.SavedModel.FromString(Path(folder, "saved_model.pb").read_bytes())


def functions(saved):
    return {f.signature.name: f for f in saved.meta_graphs[0].graph_def.library.function}


def test_an_artifact_has_none(artifact):
    saved = read(artifact(NETWORK, "classification").path)
    assert not forwarders._replacements(saved.meta_graphs[0])
    names = [name.rstrip("0123456789_") for name in functions(saved)]
    counts = {name: names.count(f"__inference_{name}") for name in ("inference", "training")}
    assert counts == {"inference": 1, "training": 1}
    assert names.count("__inference___call") == 2  # those that return the output alone
    assert not [name for name in names if "signature_wrapper" in name]


class Module(tf.Module):
    """A function, and calls of it; no object has the function itself."""

    def __init__(self):
        super().__init__()
        self.kernel = tf.Variable([[1.0, 2.0], [3.0, 4.0]])
        self.count = tf.Variable(0.0)
        work = tf.function(self._compute).get_concrete_function(IMAGES, IMAGES)
        self._work = lambda *arguments: work(*arguments)
        self.kept = {}
        for name in (*CALLS, *BRANCHES):
            call = tf.function(getattr(self, f"_{name}"), jit_compile=name == "compiled" or None)
            call.get_concrete_function(IMAGES, IMAGES)
            self.kept[name] = call

    def _compute(self, inputs, others):
        self.count.assign_add(1.0)
        return inputs @ self.kernel, others - inputs

    def _same(self, inputs, others):
        return self._work(inputs, others)

    def _again(self, inputs, others):
        return self._work(inputs, others)

    def _swapped(self, inputs, others):
        return self._work(others, inputs)

    def _fewer(self, inputs, others):
        return self._work(inputs, others)[0]

    def _more(self, inputs, others):
        return self._work(inputs + 1.0, others)

    def _turned(self, inputs, others):
        product, difference = self._work(inputs, others)
        return difference, product

    def _counted(self, inputs, others):
        self.count.assign_add(10.0)
        return self._work(inputs, others)

    def _compiled(self, inputs, others):
        return self._work(inputs, others)

    def _chained(self, inputs, others):
        return tf.function(lambda inputs, others: self._work(inputs, others))(inputs, others)

    def _chosen(self, inputs, others):
        call = tf.function(lambda: self._work(inputs, others))
        return tf.cond(tf.reduce_sum(inputs) > 0, call, lambda: self._work(others, inputs))

    def _switched(self, inputs, others):
        calls = [tf.function(lambda: self._work(inputs, others))] * 2
        return tf.switch_case(tf.cast(inputs[0, 0], tf.int32), calls)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A SavedModel before and after."""
    folder = tmp_path_factory.mktemp("forwarders")
    module = Module()
    serve = tf.function(lambda inputs: {"sum": module._work(inputs, inputs)[0]})
    signatures = {"serving_default": serve.get_concrete_function(IMAGES)}
    tf.saved_model.save(module, str(folder / "before"), signatures=signatures)
    shutil.copytree(folder / "before", folder / "after")
    saved = read(folder / "after")
    forwarders.drop_forwarders(saved)
    (folder / "after" / "saved_model.pb").write_bytes(saved.SerializeToString())
    return folder


def test_the_first_of_those_that_only_call_goes_and_so_does_the_one_around_a_signature(folder):
    before, after = (functions(read(folder / name)) for name in ("before", "after"))
    gone = sorted(name.rstrip("0123456789") for name in before.keys() - after.keys())
    assert len(gone) == 2
    plain = ("__inference__again_", "__inference__same_", "__inference_<lambda>_")
    assert gone[0] in plain
    assert gone[1] == "__inference_signature_wrapper_"
    assert not after.keys() - before.keys()


@pytest.mark.parametrize("name", [*CALLS, *BRANCHES])
def test_calls_answer_and_derive_as_before_and_update_once(folder, name):
    inputs, others = tf.constant([[1.0, 2.0]]), tf.constant([[5.0, 7.0]])
    answers, updates, gradients = [], [], []
    for kind in ("before", "after"):
        module = tf.saved_model.load(str(folder / kind))
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            found = tf.nest.flatten(module.kept[name](inputs, others))
            value = sum(map(tf.reduce_sum, found))
        answers.append(found)
        updates.append(module.count.numpy())
        gradients.append(tape.gradient(value, [inputs, module.kernel]))
    for values in (answers, gradients):
        for found, expected in zip(*values, strict=True):
            np.testing.assert_array_equal(found, expected)
    assert updates == [11.0 if name == "counted" else 1.0] * 2


def test_the_signature_answers_as_an_object_and_in_a_session(folder):
    inputs = tf.constant([[1.0, 2.0]])
    signature = tf.saved_model.load(str(folder / "after")).signatures["serving_default"]
    np.testing.assert_array_equal(signature(inputs=inputs)["sum"], [[7.0, 10.0]])
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        tags = [tf.saved_model.SERVING]
        loaded = tf.compat.v1.saved_model.load(session, tags, str(folder / "after"))
        signature = loaded.signature_def["serving_default"]
        feeds = {signature.inputs["inputs"].name: [[1.0, 2.0]]}
        found = session.run(signature.outputs["sum"].name, feeds)
    np.testing.assert_array_equal(found, [[7.0, 10.0]])


def hold(saved, forwarder, called):
    saved.meta_graphs[0].object_graph_def.concrete_functions[called].SetInParent()


def alias(saved, forwarder, called):
    saved.meta_graphs[0].meta_info_def.function_aliases[forwarder] = "another"


def derive(saved, forwarder, called):
    library = saved.meta_graphs[0].graph_def.library
    library.gradient.add(function_name=called, gradient_func=forwarder)


def call_as_an_operation(saved, forwarder, called):
    saved.meta_graphs[0].graph_def.node.add(name="more", op=forwarder)


def hand_on(saved, forwarder, called):
    node = saved.meta_graphs[0].graph_def.node.add(name="more", op="StatefulPartitionedCall")
    node.attr["f"].func.name = called
    node.attr["f"].func.attr["g"].func.name = forwarder


def place(saved, forwarder, called):
    functions(saved)[forwarder].node_def[0].device = "/device:CPU:0"


def override_gradient(saved, forwarder, called):
    nodes = functions(saved)[forwarder].node_def
    (first, *_) = (node for node in nodes if node.op == "Identity")
    first.attr["_gradient_op_type"].s = b"Mine"


def wait(saved, forwarder, called):
    nodes = functions(saved)[forwarder].node_def
    (call,) = (node for node in nodes if node.op.endswith("PartitionedCall"))
    nodes.add(name="first", op="NoOp")
    call.input.append("^first")


@pytest.mark.parametrize(
    "edit", [hold, alias, derive, call_as_an_operation, hand_on, place, override_gradient, wait]
)
def test_a_forwarder_that_something_else_depends_on_stays(folder, edit):
    saved = read(folder / "before")
    found = forwarders._replacements(saved.meta_graphs[0])
    (forwarder,) = (name for name in found if name.startswith("__inference_signature_wrapper_"))
    edit(saved, forwarder, found[forwarder])
    assert forwarder not in forwarders._replacements(saved.meta_graphs[0])
