"""ONNX files in integers: what is stored, and what ONNX Runtime makes of it."""

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from slimhub.export.formats import agreement, onnx_format, onnx_names, onnx_weights
from slimhub.export.formats.onnx_quantizer import OnnxQuantizer


@pytest.fixture(scope="module")
def quantizer(converted, expected):
    made = OnnxQuantizer(converted(".onnx").path, expected.pictures.usual)
    made.calibrate()
    return made


def test_layers_are_what_can_be_in_integers(quantizer):
    names = [layer.name for layer in quantizer.layers]
    assert len(names) == len({*names}) > 200  # 235 with ONNX 1.18, 236 with 1.23
    assert sum(layer.has_weights for layer in quantizer.layers) == 54
    assert not any(name.startswith("StatefulPartitionedCall") for name in names)


def test_integers_are_the_same_on_every_processor(quantizer, expected):
    """Seven bits of weights: without VNNI, a sum of two products must fit into 16 bits."""
    names = [layer.name for layer in quantizer.layers]
    made = quantizer.quantize([], names)
    stored = [
        np.abs(numpy_helper.to_array(tensor).astype(int))
        for tensor in onnx.ModelProto.FromString(made).graph.initializer
        if tensor.data_type == TensorProto.INT8 and len(tensor.dims) == 4
    ]
    assert len(stored) == 54
    assert 60 <= max(values.max() for values in stored) <= 64
    images = expected.pictures.usual
    fused, plain = (
        onnx_format.load(made, is_optimized=is_optimized)(images) for is_optimized in (True, False)
    )
    assert agreement.measure(fused, plain, is_classification=True).cosine > 0.999
    wanted = expected.answers[: len(images)]
    assert 0.99 < agreement.measure(fused, wanted, is_classification=True).cosine < 0.99999


def test_a_layer_may_store_weights_that_others_compute_with(quantizer):
    first, second, *_ = [layer.name for layer in quantizer.layers if layer.has_weights]
    made = onnx.ModelProto.FromString(quantizer.quantize([first, second], [first]))
    kinds = [tensor.data_type for tensor in made.graph.initializer if len(tensor.dims) == 4]
    assert kinds.count(TensorProto.INT8) == 2
    assert sum(node.op_type == "Cast" for node in made.graph.node) == 1


@pytest.mark.parametrize(
    ("operation", "shape", "axis", "attributes"),
    [
        ("Conv", (4, 3, 2, 2), 0, {}),
        ("MatMul", (5, 4), 1, {}),
        ("Gemm", (5, 4), 1, {}),
        ("Gemm", (4, 5), 0, {"transB": 1}),
    ],
)
def test_each_output_channel_has_a_factor(operation, shape, axis, attributes):
    weights = np.random.RandomState(0).normal(size=shape).astype(np.float32)
    weights *= np.expand_dims(
        np.float32([1, 100, 0.01, 0]), [i for i in range(len(shape)) if i != axis]
    )
    node = helper.make_node(operation, ["x", "w"], ["y"], "layer", **attributes)
    images = [1, 3, 2, 2] if operation == "Conv" else [1, 5]
    values = [
        helper.make_tensor_value_info(n, TensorProto.FLOAT, s)
        for n, s in (("x", images), ("y", None))
    ]
    graph = helper.make_graph(
        [node], "g", values[:1], values[1:], [numpy_helper.from_array(weights, "w")]
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    whole = onnx_format.load(model.SerializeToString())
    onnx_weights.store_in_8_bits(model, ["layer"])
    (integers, factor) = map(numpy_helper.to_array, model.graph.initializer)
    assert (integers.dtype, factor.shape[axis], factor.size) == (np.int8, 4, 4)
    assert (np.abs(integers * factor - weights) <= 0.501 * factor).all()
    batch = np.ones(images, np.float32)
    close = onnx_format.load(model.SerializeToString())(batch)
    assert close == pytest.approx(whole(batch), rel=0.1, abs=0.05)


@pytest.mark.parametrize(
    ("names", "short"),
    [
        (("A/StatefulPartitionedCall/x", "y"), ("x", "y")),
        (("StatefulPartitionedCall/x", "x"), ("StatefulPartitionedCall/x", "x")),
    ],
)
def test_names_are_shortened_unless_two_become_one(names, short):
    first, second = names
    nodes = [helper.make_node("Relu", [a], [b], b) for a, b in (("in", first), (first, second))]
    values = [helper.make_tensor_value_info(n, TensorProto.FLOAT, [1]) for n in ("in", second)]
    model = helper.make_model(helper.make_graph(nodes, "g", values[:1], values[1:]))
    onnx_names.shorten(model)
    assert [node.name for node in model.graph.node] == list(short)
    assert [node.output[0] for node in model.graph.node] == list(short)
    assert model.graph.node[1].input[0] == short[0]
