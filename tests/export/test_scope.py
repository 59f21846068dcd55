"""Networks below a prefix, as detectors, towers and other people's modules have them."""

import dataclasses

import numpy as np
import pytest

from slimhub import checkpoints, export, nets
from slimhub.checkpoints import CheckpointError
from slimhub.common.errors import ExportError, RequestError
from slimhub.export import network_match
from slimhub.export.verify.reference.source_network import SourceNetwork
from slimhub.export.verify.subject import Subject
from slimhub.export.verify.verification import verify
from slimhub.nets.catalogue import stored
from tests.conftest import write_checkpoint
from tests.fixtures import commands
from tests.fixtures.support import synthetic_value

_NETWORK = "mobilenet_v1_025_128"
_AVERAGE = "/ExponentialMovingAverage"


def values(prefix="", network=_NETWORK):
    shapes = stored.variables(network)
    return {prefix + name: synthetic_value(name, shape) for name, shape in shapes.items()}


def averages(form):
    """Averages of all variables but the statistics, under names of some form."""
    return {
        form.format(name): value + np.float32(1)
        for name, value in values().items()
        if not name.endswith(("moving_mean", "moving_variance"))
    }


@pytest.fixture
def write(tmp_path):
    def make(content):
        folder = tmp_path / "trained"
        folder.mkdir(exist_ok=True)
        write_checkpoint(folder / "mobilenet_128.ckpt-3", content)
        return folder

    return make


def exported(folder, tmp_path, network="auto", **options):
    output = str(tmp_path / "artifact")
    return export.export(export.Request(network, str(folder), output, proof="quick", **options))


def value_in(result, name="MobilenetV1/Conv2d_0/weights"):
    import tensorflow as tf

    variables = tf.saved_model.load(str(result.output)).variables
    return next(v.numpy() for v in variables if v.name == f"{name}:0")


@pytest.mark.parametrize("prefix", ["FeatureExtractor/", "train/tower_0/"])
def test_auto_finds_a_prefix(write, tmp_path, prefix):
    folder = write(values(prefix) | {"BoxPredictor/biases": np.zeros(3)})
    result = exported(folder, tmp_path)
    assert result.record.network.name == _NETWORK
    assert result.record.source.scope == prefix.strip("/")
    assert result.network_choice.startswith(f"found in the scope {prefix}; chosen for the size")
    assert f"taken from the scope {prefix}, 1 tensor outside it" in result.filled
    assert not result.proof.failed
    assert np.array_equal(value_in(result), values()["MobilenetV1/Conv2d_0/weights"])
    assert not verify(result.output, str(folder)).failed  # its record says where
    assert f"--scope={prefix}" in result.record.command


def test_a_scope_is_an_option(write, tmp_path):
    folder = write(values("a/") | values("b/"))
    result = exported(folder, tmp_path, _NETWORK, scope="b")
    assert result.record.source.scope == "b"
    assert not result.proof.failed


def test_of_several_prefixes_one_must_be_named(write, tmp_path):
    folder = write(values("clone_0/") | values("clone_1/"))
    with pytest.raises(RequestError, match="in several scopes: clone_0/, clone_1/"):
        exported(folder, tmp_path)


def test_the_plain_network_goes_before_prefixed_ones(write, tmp_path):
    result = exported(write(values() | values("teacher/")), tmp_path)
    assert result.record.source.scope is None


def test_a_named_network_below_a_prefix_is_told(write, tmp_path):
    folder = write(values("FeatureExtractor/"))
    finished = commands.run(
        "export", _NETWORK, f"--checkpoint={folder}", f"--output={tmp_path / 'artifact'}"
    )
    assert finished.returncode == 1
    said = "In the scope FeatureExtractor/, its variables are those of mobilenet_v1_025_224"
    assert said in finished.stderr
    assert "pass --scope=FeatureExtractor/." in finished.stderr


def test_inspect_tells_the_prefix(write):
    finished = commands.run("inspect", str(write(values("model/"))))
    (line,) = [line for line in finished.stdout.splitlines() if line.startswith("fits")]
    assert line.startswith("fits        mobilenet_v1_025_{224,192,160,128}, with 1001 classes")
    assert line.endswith("; below model/, --scope=model/")


def test_layers_below_a_prefix_that_the_network_does_not_have_are_refused(write, tmp_path):
    folder = write(values("model/") | {"model/MobilenetV1/more/weights": np.zeros(3, np.float32)})
    with pytest.raises(
        CheckpointError, match="the network does not have: MobilenetV1/more/weights"
    ):
        exported(folder, tmp_path)


def test_the_second_way_takes_the_prefix_as_it_is_given(write):
    folder = write(values("a/") | {n: v * 2 for n, v in values("b/").items()})
    with checkpoints.open(folder, scope="a") as opened:
        source = export.Request(_NETWORK, "", "").source(opened)
    subject = Subject(_NETWORK, "feature_vector")
    name = "MobilenetV1/Conv2d_0/weights"
    for scope, factor in (("a/", 1), ("b/", 2)):
        scoped = dataclasses.replace(source, scope=scope)
        restored = SourceNetwork(subject, scoped, is_training=False).values()[name]
        assert np.array_equal(restored, values()[name] * factor)
    with pytest.raises(ExportError, match="the first is MobilenetV1/Conv2d_0/weights"):
        SourceNetwork(subject, dataclasses.replace(source, scope=""), is_training=False)


@pytest.mark.parametrize(
    ("prefix", "form"),
    [
        ("", "train/{}" + _AVERAGE),
        ("", "{}" + _AVERAGE + "_1"),
        ("tower/", "tower/{}" + _AVERAGE),
        ("tower/", "train/tower/{}" + _AVERAGE),
    ],
)
def test_both_ways_find_averages_of_other_forms(write, prefix, form):
    """The export's and the proof's, which share no code."""
    folder = write(values(prefix) | averages(form))
    wanted = [
        checkpoints.VariableInfo(name, shape, not nets.is_statistic(name))
        for name, shape in stored.variables(_NETWORK).items()
    ]
    with checkpoints.open(folder, scope=prefix or None) as opened:
        filled = checkpoints.plan(opened, wanted, averages="shadow").load(opened)
        source = export.Request(_NETWORK, "", "").source(opened)
        is_told = any("named in another form, such as" in note for note in opened.notes)
    assert is_told == (form != "tower/{}" + _AVERAGE)
    restored = SourceNetwork(Subject(_NETWORK, "classification"), source, is_training=False)
    for name, value in restored.values().items():
        shift = np.float32(0 if nets.is_statistic(name) else 1)
        assert np.array_equal(value, values()[name] + shift), name
        assert np.array_equal(value, filled[name]), name


def test_averages_of_another_network_fill_nothing(write, tmp_path):
    wider = {n: np.concatenate([v, v], -1) for n, v in averages("teacher/{}" + _AVERAGE).items()}
    result = exported(write(values() | wider), tmp_path)
    assert not result.proof.failed
    assert np.array_equal(value_in(result), values()["MobilenetV1/Conv2d_0/weights"])


def test_an_export_of_averages_of_another_form_is_proved(write, tmp_path):
    folder = write(values("tower/") | averages("train/tower/{}" + _AVERAGE))
    result = exported(folder, tmp_path)
    assert not result.proof.failed
    assert result.record.variables.filled["average"] == 81
    name = "MobilenetV1/Conv2d_0/weights"
    assert np.array_equal(value_in(result), values()[name] + np.float32(1))


def test_raw_values_are_taken_where_they_are_asked_for(write, tmp_path):
    folder = write(values() | averages("train/{}" + _AVERAGE))
    result = exported(folder, tmp_path, averages="raw")
    assert not result.proof.failed
    assert np.array_equal(value_in(result), values()["MobilenetV1/Conv2d_0/weights"])


def test_find_scopes_knows_networks_without_a_scope_of_their_own():
    shapes = {f"net/{n}": s for n, s in stored.variables("nasnet_mobile").items()}
    found = network_match.foreign_names.find_scopes(shapes)
    assert list(found) == ["net/"]
    assert [fit.network for fit in found["net/"]] == ["nasnet_mobile"]


def test_a_backbone_below_a_prefix_is_told(write, tmp_path):
    """As detectors of the Object Detection API have it, without the last layers."""
    body = {n: v for n, v in values("FeatureExtractor/").items() if "_13_" not in n}
    folder = write({n: v for n, v in body.items() if "Logits" not in n})
    told = (
        "In the scope FeatureExtractor/, mobilenet_v1_025_224 is the closest match: 125 of its 135"
    )
    with pytest.raises(CheckpointError, match=told):
        exported(folder, tmp_path)
    with pytest.raises(CheckpointError, match="it is a backbone, as in a detector"):
        exported(folder, tmp_path, _NETWORK, scope="FeatureExtractor")
    finished = commands.run("inspect", str(folder))
    assert (
        "with --last_layer=Conv2d_12_pointwise; below FeatureExtractor/, --scope=FeatureExtractor/"
        in finished.stdout
    )
