"""The search for layers that stay in float."""

import dataclasses
from pathlib import Path

import numpy as np
import onnxruntime.quantization
import pytest

from slimhub.common.errors import ExportError
from slimhub.export.formats import (
    ConversionRequest,
    agreement,
    layer_search,
    litert_format,
    mixed_precision,
    mixture,
    onnx_format,
    runtime_client,
)
from slimhub.export.formats.agreement import FLOORS, Agreement, Floor
from slimhub.export.formats.file_formats import FORMATS
from slimhub.export.formats.file_quantizer import QuantizableLayer
from slimhub.export.formats.layer_search import LayerChoice, LayerLosses
from slimhub.export.formats.litert_quantizer import LiteRTQuantizer
from slimhub.export.formats.mixture import PictureUse


class Scale:
    """Candidates are lists of layers; each costs a fixed amount, and all costs add up."""

    def __init__(self, costs, accepted):
        self.costs, self.accepted = costs, accepted

    def accepts(self, names):
        return self.loss(names) <= self.accepted

    def loss(self, names):
        if "broken" in names:
            raise RuntimeError("cannot be combined")
        return sum(self.costs[name] for name in names)


def chosen(costs, accepted):
    search = layer_search.LayerSearch(Scale(costs, accepted), list, LayerLosses())
    return search.chosen(list(costs))


@pytest.mark.parametrize(
    ("accepted", "floats"),
    [(9, []), (4, ["c"]), (3.5, ["c"]), (1.5, ["c", "a"]), (0.2, ["c", "a", "b"])],
)
def test_the_fewest_layers_stay_in_float_the_most_sensitive_first(accepted, floats):
    found = chosen({"a": 2, "b": 1, "c": 5, "d": 0.1}, accepted)
    assert found.floats == floats
    assert sorted([*found.quantized, *found.floats]) == ["a", "b", "c", "d"]


def test_what_cannot_be_combined_stays_in_float():
    found = chosen({"a": 0.1, "broken": 0, "b": 0.1}, 1)
    assert found.floats == ["broken"]


def test_layers_that_cost_little_with_others_come_back():
    class Cancels(Scale):
        def loss(self, names):
            return abs(super().loss(names))

    search = layer_search.LayerSearch(
        Cancels({"a": 3, "b": -2.9, "c": 0.5}, 0.7), list, LayerLosses()
    )
    assert search.chosen(["a", "b", "c"]).floats == []


WEIGHTS, INTEGERS = {"a": 9.0, "b": 1.0}, {"a": 9.5, "b": 2.0}


@dataclasses.dataclass(frozen=True)
class Limit:
    """Candidates are layers by precision; costs of both kinds add up."""

    largest: float

    def with_margin(self, margin):
        return Limit(self.largest * (1 - margin))

    def loss(self, candidate):
        weights, integers = candidate
        stored = sum(WEIGHTS[name] for name in weights if name not in integers)
        return stored + sum(INTEGERS[name] for name in integers)

    def accepts(self, candidate):
        return self.loss(candidate) <= self.largest


class TwoLayers:
    layers = (QuantizableLayer("a", True), QuantizableLayer("b", True))

    def quantize(self, weights, integers):
        return weights, integers


def test_weights_leave_room_for_activations():
    mixed = mixed_precision._mix(TwoLayers(), Limit(10), "int8", mixed_precision._Alone())
    assert (mixed.weights.quantized, mixed.integers.quantized) == (["b"], ["b"])
    again = mixed_precision._mix(TwoLayers(), Limit(11.2), "int8", mixed_precision._Alone())
    assert (again.weights.quantized, again.integers.quantized) == (["b", "a"], ["b"])
    assert (again.report()["weights"], again.report()["floats"]) == (1, [])
    alone = mixed_precision._mix(TwoLayers(), Limit(10), "int8_weights", mixed_precision._Alone())
    assert alone.weights.quantized == ["a", "b"]


def asked(quantize, suffix=".tflite"):
    return ConversionRequest("artifact", f"a{suffix}", quantize)


@pytest.fixture
def expected_in_integers(expected):
    return dataclasses.replace(expected, floor=FLOORS["int8"])


@pytest.mark.parametrize("suffix", FORMATS)
def test_weights_in_eight_bits_take_a_third(
    expected_in_integers, converted, in_process, tmp_path, suffix
):
    content, module = converted(suffix).path.read_bytes(), FORMATS[suffix].load_module()
    made, found = mixture.search(content, expected_in_integers, asked("int8_weights", suffix))
    assert (found.integers, found.weights, found.floats) == (0, 54, ())
    assert found.pictures == PictureUse(own=0, found=None, proof=12, sampled=12)
    made = module.inscribe(made, module.read(content))
    assert len(made) < 0.56 * len(content)  # of ONNX; its names take a fifth
    loaded = module.load(made, threads=1, is_optimized=True)
    answers = loaded(expected_in_integers.pictures.images)
    found = agreement.measure(answers, expected_in_integers.answers, is_classification=True)
    assert found.cosine > 0.999
    assert loaded.inscription == module.read(content)


def test_what_falls_below_the_floor_elsewhere_is_mixed_again(
    expected_in_integers, converted, in_process, monkeypatch
):
    """As if the first two candidates failed on images that are measured in the end alone."""
    floors, outcomes = [], [False, False, True]
    scale = mixed_precision._Scale

    def with_margin(self, margin):
        floors.append(self.floor.raised(margin))
        return dataclasses.replace(self, floor=floors[-1])

    monkeypatch.setattr(scale, "with_margin", with_margin)
    monkeypatch.setattr(scale, "holds", lambda self, content: outcomes.pop(0))
    content = converted(".onnx").path.read_bytes()
    _, found = mixture.search(content, expected_in_integers, asked("int8_weights", ".onnx"))
    assert found.weights == 54
    assert [floor.cosine for floor in floors] == pytest.approx([0.982, 0.986, 0.992])
    assert [floor.top1 for floor in floors] == pytest.approx([0.991, 0.993, 0.996])
    assert [floor.length for floor in floors] == pytest.approx([0.09, 0.07, 0.04])


def test_a_candidate_is_measured_on_all_images_in_the_end(expected_in_integers, converted):
    """The worst of which is not among the few."""
    content, pictures = converted(".onnx").path.read_bytes(), expected_in_integers.pictures.usual
    images = np.concatenate([pictures[:1]] * 30)
    answers = np.concatenate([expected_in_integers.answers[:1]] * 30)
    assert 1 not in mixed_precision.sample(30, mixed_precision.FEW)
    answers[1] = -answers[1]
    scale = mixed_precision._Scale(onnx_format, images, answers, FLOORS["int8"], True, 1)
    assert not scale.holds(content)
    answers[1] = -answers[1]
    assert scale.holds(content)


def test_integers_compute_nearly_the_same(expected, converted):
    """All but the operations next to input and output."""
    pictures = expected.pictures.usual
    quantizer = LiteRTQuantizer(converted(".tflite").path, pictures, 1)
    names = [layer.name for layer in quantizer.layers]
    assert sum(layer.has_weights for layer in quantizer.layers) == 54
    quantizer.calibrate()
    made = quantizer.quantize([], names[2:-2])
    assert len(made) < 0.5 * converted(".tflite").bytes
    loaded = litert_format.LiteRTFile(made, 1, True)
    answers = np.concatenate([loaded(picture[np.newaxis]) for picture in pictures])
    found = agreement.measure(answers, expected.answers[: len(pictures)], is_classification=True)
    assert 0.9 < found.cosine < 0.99999


def test_integers_that_agree_with_nothing_are_refused(expected, monkeypatch):
    outcome = {"integers": 0, "weights": 3, "floats": ["a;b"], "losses": {"a;b": 0.5, "c": 0.2}}
    outcome |= {"sampled": 12, "failure": ""}

    def work(name, target, **_):
        Path(target).write_bytes(b"")
        return outcome

    monkeypatch.setattr(runtime_client, "work", work)
    with pytest.raises(ExportError, match=r"as int8 .* one layer alone: a \(0.500\), c \(0.800\);"):
        mixture.search(b"", expected, asked("int8"))


def count_calls(monkeypatch, owner, name, error):
    """Has a function of the quantizer's library raise, and counts how often it is asked."""
    calls = []

    def fail(*arguments, **keywords):
        calls.append(1)
        raise error

    monkeypatch.setattr(owner, name, fail)
    return calls


def test_a_calibration_that_fails_is_tried_once(
    expected_in_integers, converted, in_process, monkeypatch
):
    calls = count_calls(
        monkeypatch, onnxruntime.quantization, "create_calibrator", OSError(28, "disk is full")
    )
    content = converted(".onnx").path.read_bytes()
    with pytest.raises(OSError, match="disk is full"):
        mixture.search(content, expected_in_integers, asked("int8", ".onnx"))
    assert len(calls) == 1


@pytest.mark.parametrize("quantize", ["int8", "int8_weights"])
def test_a_library_that_fails_is_not_a_sensitive_network(
    expected, in_process, tmp_path, monkeypatch, quantize
):
    class Broken(TwoLayers):
        def __init__(self, *_):
            pass

        def calibrate(self):
            pass

        def quantize(self, weights, integers):
            if [*weights, *integers]:
                raise TypeError("unexpected argument 'ranges'\nof this release")
            return b""

    scale = mixed_precision._Scale
    monkeypatch.setattr(litert_format, "quantizer", Broken)
    for name in ("accepts", "holds"):
        monkeypatch.setattr(scale, name, lambda self, content: True)
    with pytest.raises(ExportError, match=r"fails with .*argument 'ranges'\"; choose") as caught:
        mixture.search(b"", expected, asked(quantize))
    assert "cosine" not in str(caught.value)
    assert "accept" not in str(caught.value)


def test_what_failed_alone_has_no_cosine():
    losses = LayerLosses({"a": 0.5}, {"b": "cannot"})
    mixed = mixed_precision._Mixed(LayerChoice([], [], losses), LayerChoice([], ["b", "a"], losses))
    report = mixed.report()
    assert (report["losses"], report["floats"], report["failure"]) == ({"a": 0.5}, ["b", "a"], "")


def test_own_pictures_have_their_share_of_the_search():
    """Twelve of the proof come first."""
    chosen = mixed_precision.sample(12 + 256, mixed_precision.FEW)
    assert len(chosen) == len(set(chosen)) == 16
    assert (chosen >= 12).sum() == 15
    assert list(mixed_precision.sample(3, 16)) == [0, 1, 2]


@pytest.mark.parametrize(
    ("own", "found", "text"),
    [
        (256, 1000, "256 of your 1000 pictures and 12 of the proof; single layers on 16 of them"),
        (20, 20, "20 pictures of yours and 12 of the proof; single layers on 16 of them"),
        (256, None, "256 pictures of yours and 12 of the proof; single layers on 16 of them"),
        (0, None, "12 pictures of the proof; single layers on 16 of them, evenly spaced"),
    ],
)
def test_it_is_said_which_pictures_were_used(own, found, text):
    assert PictureUse(own, found, 12, 16).text().startswith(text)


def test_a_nan_is_below_every_floor():
    assert Floor(None, 0.5, 0.5, 0.5).complaints(Agreement(1, np.nan, np.nan, np.nan))
