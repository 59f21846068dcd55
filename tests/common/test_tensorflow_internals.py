"""What slimhub needs of TensorFlow beyond its public API is there, and does what it should."""

import inspect

import pytest
import tensorflow as tf

MISSING = f"slimhub needs this of TensorFlow, and {tf.__version__} does not have it: "


@pytest.fixture(scope="module")
def internals():
    try:
        from slimhub.common import tensorflow_internals
    except ImportError as error:
        pytest.fail(f"{MISSING}{error}")
    return tensorflow_internals


class Doubling(tf.Module):
    """Counts its traces."""

    def __init__(self):
        super().__init__()
        self._traces = []

    @tf.function(input_signature=[tf.TensorSpec((None,))], autograph=False)
    def __call__(self, inputs):
        self._traces.append("called")
        return 2.0 * inputs


def test_what_is_traced_in_the_savers_context_is_not_traced_again(internals, tmp_path):
    doubling = Doubling()
    with internals.saver_context():
        doubling.__call__.get_concrete_function()
    tf.saved_model.save(doubling, str(tmp_path))
    assert len(doubling._traces) == 1, f"{MISSING}a save_context that the saver shares"


def test_an_unnoticed_variable_does_not_trace_a_function_twice(internals):
    traces, variables = [], []

    @tf.function(autograph=False)
    def function():
        traces.append("called")
        if not variables:
            with tf.init_scope():
                variables.append(
                    internals.unnoticed_variable(tf.ones([2]), trainable=False, name="scope/v")
                )
        return variables[0] + 1.0

    assert function().numpy().tolist() == [2.0, 2.0]
    assert len(traces) == 1, f"{MISSING}a ResourceVariable that tf.function does not notice"
    assert isinstance(variables[0], tf.Variable), f"{MISSING}a ResourceVariable is a tf.Variable"
    assert (variables[0].name, variables[0].trainable) == ("scope/v:0", False)


def test_defaults_of_attributes_are_known(internals):
    defaults = internals.attribute_defaults("Conv2D")
    assert defaults["data_format"].s == b"NHWC", f"{MISSING}op_def_registry.get"
    assert defaults["strides"].WhichOneof("value") is None, f"{MISSING}empty AttrValue: no default"


def test_a_restored_function_lists_its_traces(internals, tmp_path):
    tf.saved_model.save(Doubling(), str(tmp_path))
    loaded = tf.saved_model.load(str(tmp_path))
    assert hasattr(loaded.__call__, "concrete_functions"), f"{MISSING}concrete_functions"
    (trace,) = internals.concrete_functions(loaded.__call__)
    assert trace.structured_input_signature[0][0].shape.as_list() == [None]


def test_a_restored_function_has_its_python_signature(tmp_path):
    """Public, but not documented: the contract's check of the arguments reads it."""

    class Scaling(tf.Module):
        @tf.function(autograph=False)
        def __call__(self, inputs, factor=0.5):
            return factor * inputs

    scaling = Scaling()
    scaling.__call__.get_concrete_function(tf.TensorSpec((None,)), 0.5)
    tf.saved_model.save(scaling, str(tmp_path))
    found = inspect.getfullargspec(tf.saved_model.load(str(tmp_path)).__call__)
    assert (found.args, found.defaults) == (["inputs", "factor"], (0.5,)), (
        f"{MISSING}__signature__ of restored functions"
    )


def test_a_frozen_function_has_neither_variables_nor_calls(internals):
    variable = tf.Variable([2.0])
    inner = tf.function(lambda inputs: variable * inputs)
    outer = tf.function(lambda inputs: inner(inputs) + 1.0)
    found = internals.frozen(outer.get_concrete_function(tf.TensorSpec([1])))
    kinds = {node.op for node in found.graph.as_graph_def().node}
    assert {"Mul", "AddV2"} < kinds, f"{MISSING}convert_variables_to_constants_v2"
    assert not kinds & {"ReadVariableOp", "PartitionedCall", "StatefulPartitionedCall"}
    assert (len(found.inputs), len(found.outputs)) == (1, 1)
