"""The search for layers that stay in float."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from slimhub.common.errors import ExportError
from slimhub.export.formats import (
    ConversionRequest,
    agreement,
    litert_format,
    litert_metadata,
    mixed_precision,
    mixture,
    runtime_client,
)
from slimhub.export.formats.agreement import FLOORS, Agreement, Floor
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
    search = mixed_precision._Search(Scale(costs, accepted), list)
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

    search = mixed_precision._Search(Cancels({"a": 3, "b": -2.9, "c": 0.5}, 0.7), list)
    assert search.chosen(["a", "b", "c"]).floats == []


def asked(quantize, **more):
    return ConversionRequest("artifact", "a.tflite", quantize, **more)


@pytest.fixture
def expected_in_integers(expected):
    return dataclasses.replace(expected, floor=FLOORS["int8"])


def test_weights_in_eight_bits_take_a_third(expected_in_integers, converted, in_process, tmp_path):
    content = converted(".tflite").path.read_bytes()
    made, found = mixture.search(content, expected_in_integers, asked("int8_weights"))
    assert (found.integers, found.weights, found.floats) == (0, 54, ())
    assert found.pictures == PictureUse(own=0, found=None, proof=12, sampled=12)
    path = tmp_path / "a.tflite"
    path.write_bytes(litert_metadata.write(made, litert_metadata.read(content)))
    assert path.stat().st_size < 0.4 * len(content)
    loaded = litert_format.load(path)
    answers = loaded(expected_in_integers.pictures.images)
    found = agreement.measure(answers, expected_in_integers.answers, is_classification=True)
    assert found.cosine > 0.999
    assert loaded.inscription == litert_metadata.read(content)


def test_integers_compute_nearly_the_same(expected, converted):
    """All but the operations next to input and output."""
    pictures = expected.pictures.usual
    quantizer = LiteRTQuantizer(converted(".tflite").path, pictures, 1)
    names = [layer.name for layer in quantizer.layers]
    assert sum(layer.has_weights for layer in quantizer.layers) == 54
    made = quantizer.quantize([], names[2:-2])
    assert len(made) < 0.5 * converted(".tflite").bytes
    loaded = litert_format.LiteRTFile(made, 1, True)
    answers = np.concatenate([loaded(picture[np.newaxis]) for picture in pictures])
    found = agreement.measure(answers, expected.answers[: len(pictures)], is_classification=True)
    assert 0.9 < found.cosine < 0.99999


def test_integers_that_agree_with_nothing_are_refused(expected, monkeypatch):
    outcome = {"integers": 0, "weights": 3, "floats": ["a;b"], "losses": {"a;b": 0.5, "c": 0.2}}
    outcome["sampled"] = 12

    def work(name, target, **_):
        Path(target).write_bytes(b"")
        return outcome

    monkeypatch.setattr(runtime_client, "work", work)
    with pytest.raises(ExportError, match=r"as int8 .* one layer alone: a \(0.500\), c \(0.800\);"):
        mixture.search(b"", expected, asked("int8"))


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
