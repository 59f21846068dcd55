"""Checkpoints of `tf.contrib.quantize`: files with the ranges that training left in them."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from slimhub import export
from slimhub.cli import convert_command
from slimhub.common.errors import ExportError
from slimhub.export.formats import (
    ConversionRequest,
    agreement,
    conversion,
    conversion_remarks,
    convert,
    existing_file,
    expectation,
    format_pictures,
    frozen_nodes,
    litert_format,
    runtime_client,
    trained_check,
    trained_graph,
    trained_inference,
    trained_places,
    trained_reference,
)
from slimhub.export.formats.agreement import FLOORS
from slimhub.export.formats.convertible import Convertible
from slimhub.export.formats.file_formats import FORMATS
from slimhub.export.formats.runtime_process import run
from slimhub.export.formats.trained_places import MisfitError
from slimhub.export.record import Record
from slimhub.export.record_parts import RecordedRange
from slimhub.nets.catalogue import stored
from slimhub.nets.scaling import InputScaling
from tests.conftest import write_checkpoint
from tests.fixtures import support, trained_quantization

NETWORK, SIZE = "mobilenet_v1_025_128", 32
FIRST = "MobilenetV1/MobilenetV1/Conv2d_0/act_quant"
STEP = 0.014  # of the logits, relative to the largest: what another rounding changes


@pytest.fixture(scope="module")
def values():
    shapes = stored.variables(NETWORK)
    return {name: support.synthetic_value(name, shape) for name, shape in shapes.items()}


@pytest.fixture(scope="module")
def images():
    return format_pictures.read(SIZE, None).usual


@pytest.fixture(scope="module")
def ranges(values, images):
    """As training would find them on these pictures, a little narrower."""
    _, _, found = trained_quantization.evaluate(values, images)
    return {place: (0.95 * low, 0.9 * high) for place, (low, high) in found.items()}


@pytest.fixture(scope="module")
def quantized(shared, values, ranges):
    """An artifact of such a checkpoint, and what the export said of its variables."""

    def export_into(folder):
        ends = {}
        for place, (low, high) in ranges.items():
            ends |= {f"{place}/min": np.float32(low), f"{place}/max": np.float32(high)}
        averaged = {f"{FIRST}/max/ExponentialMovingAverage": ends[f"{FIRST}/max"]}
        ends[f"{FIRST}/max"] = np.float32(99)
        left = {f"{FIRST}/{FIRST}/max/biased": np.float32(1)}
        write_checkpoint(folder / "model.ckpt-7", values | ends | averaged | left)
        result = export.export(
            export.Request(
                NETWORK,
                str(folder / "model.ckpt-7"),
                str(folder / "artifact"),
                task="classification",
                image_size=SIZE,
                proof="none",
            )
        )
        return result.output, result.filled

    return shared.once("trained-ranges", export_into)


@pytest.fixture(scope="module")
def model(quantized):
    return Convertible(quantized[0])


@pytest.fixture(scope="module")
def trained(model):
    expected = expectation.expect(model, FLOORS["int8"])
    return trained_inference.infer(model, expected, None)


def measured(actual, wanted):
    return agreement.measure(actual, wanted, is_classification=True)


def test_the_export_keeps_the_ranges(quantized, ranges):
    folder, filled = quantized
    assert (
        "56 trained ranges kept in the record: `slimhub convert` writes 8 bits with them" in filled
    )
    assert "left over as expected: 114 quantization ranges" in filled
    kept = Record.read(folder).ranges
    assert kept.keys() == ranges.keys()
    for place, (low, high) in ranges.items():
        assert (kept[place].min, kept[place].max) == pytest.approx((low, high), rel=1e-6)


def test_fake_quantized_inference_is_that_of_tensorflow_1(trained, values, images, ranges):
    """Which the fixture has layer by layer; last bits make some values round otherwise."""
    answers = trained.expected.answers[: len(images)]
    _, logits, _ = trained_quantization.evaluate(values, images, ranges)
    assert measured(answers, logits).difference < 1.2 * STEP
    _, in_float, _ = trained_quantization.evaluate(values, images)
    assert measured(answers, in_float).difference > 3 * STEP
    assert trained.in_float.difference == pytest.approx(
        measured(answers, in_float).difference, rel=0.01
    )


def test_activations_are_on_the_steps_of_their_range(trained, images):
    name = "MobilenetV1/Conv2d_0/Relu6"
    cut = frozen_nodes.FrozenNodes(trained.nodes, trained.nodes.input, name)
    answers = trained_reference.answers(cut, trained.places, images)
    _, high = trained.places.activations[name]
    steps = answers / (high / 255)
    assert np.abs(steps - np.round(steps)).max() < 1e-3
    assert answers.max() == pytest.approx(high)


@pytest.fixture(scope="module")
def written(shared, quantized):
    """The file; its runtime is in this process."""

    def write(folder):
        path = folder / "a.tflite"
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(runtime_client, "work", lambda name, **request: run(**request))
            return path, convert(ConversionRequest(str(quantized[0]), str(path), "int8"))

    return shared.once("trained-file", write)


def test_a_file_computes_what_tensorflow_1_did(written, trained, values, images, ranges):
    path, made = written
    _, logits, _ = trained_quantization.evaluate(values, images, ranges)
    loaded = litert_format.load(path.read_bytes())
    assert measured(loaded(images), logits).difference < 1.2 * STEP
    assert (list(loaded.inputs), list(loaded.outputs)) == (["inputs"], ["logits"])
    assert loaded.inscription.provenance["ranges"] == "trained"
    assert made.proof.usual.difference < 1.2 * STEP
    assert made.to_json()["trained"]["ranges"] == 56
    assert made.bytes < 0.35 * 4 * sum(np.size(value) for value in values.values())
    text = "\n".join(convert_command.lines(made))
    assert "agreement   with fake-quantized inference: cosine 0.999" in text
    assert "precision   8 bits throughout, with 56 trained ranges\n" in text
    assert "which agrees with float: cosine 0.99" in text
    assert "calibrated" not in text


def test_a_file_is_proved_again_with_its_ranges(written, model, in_process):
    proof = existing_file.prove(model, written[0])
    assert (proof.complaints, proof.usual.difference < 1.2 * STEP) == ((), True)
    without = dataclasses.replace(model.record, ranges=None)
    with pytest.raises(ExportError, match=r"cannot be used \(the artifact's record has none"):
        existing_file.prove(with_record(model, without), written[0])


def test_layers_that_the_file_has_in_float_are_found(written, trained):
    content = written[0].read_bytes()
    assert trained_check.missing(content, trained.places) == []
    for kind in ("weights", "activations"):
        places = dict(getattr(trained.places, kind))
        name = list(places)[3]
        places[name] = (places[name][0], 1.01 * places[name][1])
        wrong = dataclasses.replace(trained.places, **{kind: places})
        assert trained_check.missing(content, wrong) == [name]
        places[name] = places[list(places)[2]]  # whose tensor it has not
        wrong = dataclasses.replace(trained.places, **{kind: places})
        assert trained_check.missing(content, wrong) == [name]


def with_record(model, record):
    changed = Convertible.__new__(Convertible)
    changed.__dict__ = model.__dict__ | {"record": record}
    return changed


MISFITS = [
    ({FIRST: None}, "there is none for MobilenetV1/Conv2d_0/act_quant"),
    ({FIRST.replace("act", "conv"): (0, 1)}, "no place for MobilenetV1/Conv2d_0/conv_quant"),
    ({FIRST: (1.0, 2.0)}, r"act_quant is \[1, 2\], not a range around 0"),
    ({FIRST: (0.0, float("nan"))}, r"is \[0, nan\]"),
    ({FIRST: (0.0, 0.0)}, r"is \[0, 0\]"),
    ({FIRST: (0.0, 1e300)}, r"is \[0, 1e\+300\]"),
    ({FIRST: (0.0, 1e-46)}, r"is \[0, 1e-46\]"),
    ({FIRST.replace("MobilenetV1/", "", 1): (0.0, 9.0)}, "two for MobilenetV1/Conv2d_0/act_quant"),
]


@pytest.mark.parametrize(("change", "message"), MISFITS, ids=lambda value: str(value)[-30:])
def test_ranges_that_do_not_fit(trained, ranges, change, message):
    changed = {place: ends for place, ends in (ranges | change).items() if ends is not None}
    with pytest.raises(MisfitError, match=message):
        trained_places.match(trained.nodes, changed)


def with_ranges_of_weights(model, layers, ends):
    """The first layers have a range that has nothing to do with their weights."""
    ranges = dict(model.record.ranges)
    for place in [place for place in ranges if place.endswith("weights_quant")][:layers]:
        ranges[place] = RecordedRange(min=ends[0], max=ends[1])
    return with_record(model, dataclasses.replace(model.record, ranges=ranges))


ENDS = [(-1e4, 1e4), (-1e-3, 1e-3)]


@pytest.mark.parametrize("ends", ENDS)
def test_ranges_that_training_never_took_from_the_weights(model, trained, ends):
    changed = with_ranges_of_weights(model, 15, ends)  # of 28
    with pytest.raises(MisfitError, match=r"of .*Conv2d_0/.* reach .* 12 more .*before it quanti"):
        trained_inference.infer(changed, trained.expected, None)


def test_a_range_that_is_not_that_of_the_weights_is_said(model, trained):
    assert trained.remarks == ()
    for layers, ends in zip((1, 14), ENDS, strict=True):
        changed = with_ranges_of_weights(model, layers, ends)
        found = trained_inference.infer(changed, trained.expected, None)
        request = ConversionRequest("a", "a.tflite", "int8")
        said, *_ = conversion_remarks.warnings(
            with_size(model), request, trained.expected, found, ""
        )
        assert "those of MobilenetV1/" in said
        assert said.endswith("(of 28 layers); look at the agreement with float")


def test_ranges_of_layers_that_the_task_lacks_are_left_out(trained, ranges):
    more = ranges | {"MobilenetV1/AuxLogits/Conv2d/act_quant": (0, 1)}
    assert trained_places.match(trained.nodes, more) == trained_places.match(trained.nodes, ranges)


def test_it_is_said_why_ranges_are_not_used(model, trained, tmp_path):
    request = ConversionRequest("a", "a.tflite", "int8")
    record = dataclasses.replace(
        model.record, ranges={k: v for k, v in model.record.ranges.items() if k != FIRST}
    )
    form = FORMATS[".tflite"]

    def found(model, request, form):
        return conversion._with_trained_ranges(model, request, form, trained.expected)[1:]

    assert found(with_record(model, record), request, form) == (
        None,
        "there is none for MobilenetV1/Conv2d_0/act_quant; calibrated instead",
    )
    assert found(model, request, FORMATS[".onnx"]) == (
        None,
        "ONNX files have no place for them; calibrated instead",
    )
    own = dataclasses.replace(request, calibration=str(tmp_path))
    none, misfit = found(model, own, form)
    assert (none, misfit) == (None, "your pictures calibrate instead")
    (said,) = conversion_remarks.warnings(with_size(model), own, trained.expected, None, misfit)
    assert said == "the trained ranges are not used: your pictures calibrate instead"


def with_size(model):
    changed = with_record(model, model.record)
    changed.is_free = False
    return changed


@pytest.mark.parametrize(
    ("scaling", "ends"),
    [
        (InputScaling.SYMMETRIC, (-1, 1)),
        (InputScaling.UNIT, (0, 1)),
        (InputScaling.CAFFE, (-123.68, 255 - 103.94)),
    ],
)
def test_the_range_of_images(scaling, ends):
    assert trained_inference._input_range(scaling.value) == pytest.approx(ends)


@pytest.mark.parametrize("sentence", [InputScaling.STANDARDIZED.value, "mine"])
def test_images_without_a_range(sentence):
    with pytest.raises(MisfitError, match="scal"):
        trained_inference._input_range(sentence)


def residual(images):
    """Two branches, their sum, a mean and a layer with a bias; no batch norm."""
    generator = np.random.RandomState(0)

    def weights(*shape):
        return tf.constant(generator.normal(size=shape), tf.float32)

    with tf.name_scope("Net/Net/One"):
        one = tf.nn.relu(
            tf.nn.bias_add(tf.nn.conv2d(images, weights(3, 3, 3, 4), 1, "SAME"), [0.1] * 4)
        )
    with tf.name_scope("Net/Two"):
        two = tf.nn.bias_add(tf.nn.conv2d(one, weights(1, 1, 4, 4), 1, "SAME"), [0.2] * 4)
    with tf.name_scope("Net"):
        total = tf.reduce_mean(tf.concat([tf.add(one, two, name="add"), one], 3), [1, 2])
    with tf.name_scope("Head"):
        return {"logits": tf.nn.bias_add(tf.matmul(total, weights(8, 3)), [0.3] * 3)}


def test_sums_and_what_keeps_a_range():
    function = tf.function(residual).get_concrete_function(tf.TensorSpec([None, 8, 8, 3]))
    nodes = frozen_nodes.freeze(function)
    found = {f"{scope}/weights_quant": (-3.0, 3.0) for scope in ("Net/One", "Net/Two", "Head")}
    found |= {"Net/One/act_quant": (0.0, 9.0), "Net/Two/act_quant": (-9.0, 9.0)}
    found |= {"Net/add_quant": (-9.0, 16.0), "Head/act_quant": (-9.0, 9.0)}
    places = trained_places.match(nodes, found)
    made = trained_graph.quantized(nodes, places, (0.0, 1.0))
    fakes = {node.name: node for node in made if node.op == "FakeQuantWithMinMaxVars"}
    assert {"Net/Net/One/Relu", "Net/add", "Net/concat", "Net/Mean"} < fakes.keys()
    assert len(fakes) == 3 + 4 + 2
    images = np.random.RandomState(1).uniform(size=[4, 8, 8, 3]).astype(np.float32)
    call = tf.function(lambda batch: frozen_nodes.call(made, nodes.input, nodes.output, batch))
    converted = call(tf.constant(images))
    wanted = trained_reference.answers(nodes, places, images)
    assert measured(converted.numpy(), wanted).difference < 0.05
