"""Checkpoints with layers that the network does not have, and how their owners may ignore them."""

import json
import re

import numpy as np
import pytest

from slimhub import checkpoints, export
from slimhub.checkpoints import CheckpointError, VariableInfo
from slimhub.common.errors import RequestError
from slimhub.export import network_match
from slimhub.export.record import Record
from slimhub.export.verify import verify
from slimhub.export.verify.process import proof_server
from slimhub.export.verify.reference.source_network import SourceNetwork
from slimhub.export.verify.subject import Source, Subject
from slimhub.nets import NetworkOptions
from slimhub.nets.catalogue import stored
from slimhub.publish import Handle
from slimhub.publish.pages import page
from tests.conftest import write_checkpoint
from tests.fixtures import records, support
from tests.fixtures.commands import run, run_light

SMALL = "mobilenet_v1_025_128"
OPTIONS = {"image_size": 32}
PRUNED = ("MobilenetV1/Conv2d_3_pointwise", "MobilenetV1/Conv2d_4_pointwise")
SQUEEZE = "MobilenetV1/Conv2d_3_pointwise/squeeze_excite/Conv/weights"
IGNORED = "ignored at your own risk: 1 tensor, /squeeze_excite/"


def batch_norms(network):
    return [n.removesuffix("/beta") for n in stored.variables(network) if n.endswith("/beta")]


def gammas(network):
    return {f"{name}/gamma": (8,) for name in batch_norms(network)}


def squeeze_excite(network):
    """Layers inside each block of a ResNet."""
    blocks = sorted(
        {re.sub(r"/conv3/.*", "", n) for n in stored.variables(network) if "conv3" in n}
    )
    return {f"{block}/se/{layer}/weights": (1, 1, 8, 8) for block in blocks for layer in "ab"}


def opened(network, more):
    return records.checkpoint("model.ckpt-1", "mine.tgz", stored.variables(network) | more)


def planned(network, more, task="classification", ignore_leftover=None):
    """The plan of an export from shapes alone."""
    infos = [VariableInfo(name, shape, True) for name, shape in stored.variables(network).items()]
    expectations = Subject(network, task).expectations(ignore_leftover)
    return checkpoints.plan(opened(network, more), infos, expectations=expectations)


def values_of(network, more=()):
    shapes = stored.variables(network) | dict(more)
    return {name: support.synthetic_value(name, shape) for name, shape in shapes.items()}


@pytest.mark.parametrize("network", ["inception_v1", "inception_v3", "inception_resnet_v2"])
def test_gammas_of_an_inception_are_refused(network):
    more = gammas(network)
    with pytest.raises(CheckpointError) as caught:
        planned(network, more).require_known("model.ckpt-1")
    message = str(caught.value)
    assert f"has {len(more)} tensors in the network's scope" in message
    assert f"and {len(more) - 4} more" in message
    assert "batch norms of the checkpoint have a gamma, but those of this network do not" in message
    assert "`ignore_leftover=PATTERN`" in message


@pytest.mark.parametrize("network", ["resnet_v1_50", "resnet_v2_50"])
def test_layers_inside_the_blocks_of_a_resnet_are_refused(network):
    more = squeeze_excite(network)
    assert len(more) == 2 * 16
    with pytest.raises(CheckpointError, match=r"has 32 tensors .*\nThese look like: layers "):
        planned(network, more).require_known("model.ckpt-1")


@pytest.mark.parametrize("network", ["nasnet_mobile", "pnasnet_mobile"])
def test_a_network_without_a_scope_knows_its_own_layers(network):
    norm = "cell_0/beginning_bn"
    left = planned(network, {f"{norm}/other": (8,), "tower/cell_0/w": (8,), "aux_7/w": (8,)})
    assert left.unknown == (f"{norm}/other",)
    assert left.unexpected == (f"{norm}/other", "tower/cell_0/w")
    assert left.expected == {"tensors of layers that this task does not use": ("aux_7/w",)}


@pytest.mark.parametrize(
    ("network", "more"),
    [
        ("vgg_16", {"vgg_16/mean_rgb": (3,)}),
        ("resnet_v1_50", {"resnet_v1_50/mean_rgb": (3,)}),
        ("inception_v1", {f"{n}/renorm_mean": (8,) for n in batch_norms("inception_v1")}),
        ("inception_v2", {"InceptionV2/AuxLogits/w": (3,), "AnotherTower/gamma": (3,)}),
        ("inception_v3", {"OptimizeLoss/InceptionV3/Conv2d_1a_3x3/weights/Adam_1": (3, 3, 3, 32)}),
    ],
)
def test_what_is_harmless_is_not_refused(network, more):
    plan = planned(network, more)
    plan.require_complete()
    plan.require_known("model.ckpt-1")


def test_quantization_is_said():
    scope = "MobilenetV1/MobilenetV1/Conv2d_0/act_quant"
    more = {f"{scope}/{end}": () for end in ("min", "max", f"{scope}/max/biased")}
    plan = planned(SMALL, more)
    plan.require_known("model.ckpt-1")
    assert "the checkpoint was trained for quantization and is exported as float" in plan.summary()
    assert "left over as expected: 3 quantization ranges" in plan.summary()


def test_what_is_ignored_is_in_summary_and_record():
    plan = planned(SMALL, {SQUEEZE: (1, 1, 8, 8)}, ignore_leftover="/squeeze_excite/")
    plan.require_known("model.ckpt-1")
    assert plan.summary()[1:] == [IGNORED]
    other = planned(SMALL, {SQUEEZE: (1, 1, 8, 8)}, ignore_leftover="/gamma$")
    with pytest.raises(CheckpointError, match="has 1 tensor in the network's scope"):
        other.require_known("model.ckpt-1")


def test_auto_and_inspect_tell_layers_from_what_is_beside_them():
    more = gammas("inception_v1") | {"mine/w": (2,)}
    (match,) = network_match.matches(opened("inception_v1", more))
    assert match.fit.is_whole
    assert set(match.unknown) == set(gammas("inception_v1"))
    assert "; 57 that the network does not have: InceptionV1/" in str(match)
    assert str(match).endswith("; 1 left over: mine/w")
    assert match.to_json()["unknown"] == list(match.unknown)


def test_masks_are_not_left_over_for_inspect():
    shape = stored.variables(SMALL)[f"{PRUNED[0]}/weights"]
    more = {f"{PRUNED[0]}/mask": shape, f"{PRUNED[0]}/threshold": ()}
    for match in network_match.matches(opened(SMALL, more)):
        assert match.left_over == match.unknown == ()


@pytest.fixture(scope="module")
def pruned(tmp_path_factory):
    """A checkpoint with masks, and with a layer that the network does not have; its values."""
    values = values_of(SMALL, {SQUEEZE: (1, 1, 8, 8)})
    for seed, layer in enumerate(PRUNED):
        shape = values[f"{layer}/weights"].shape
        mask = np.random.RandomState(seed).uniform(size=shape) < 0.3
        values[f"{layer}/mask"] = mask.astype(np.float32)
        values[f"{layer}/threshold"] = np.float32(0.1)
    prefix = tmp_path_factory.mktemp("pruned") / "model.ckpt-1"
    write_checkpoint(prefix, values)
    return prefix, values


@pytest.fixture(scope="module")
def artifact(pruned, tmp_path_factory):
    """Exported by the command line, with a proof."""
    folder = tmp_path_factory.mktemp("pruned_artifact") / "artifact"
    words = [f"--checkpoint={pruned[0]}", f"--output={folder}", "--image_size=32", "--proof=quick"]
    finished = run("export", SMALL, *words, "--ignore_leftover=/squeeze_excite/")
    assert finished.returncode == 0, finished.stderr
    assert "2 pruned: weights are multiplied with their masks" in finished.stdout
    assert finished.stdout.count(IGNORED) == 2  # of the variables, and of the proof
    return folder


def test_masks_are_applied_to_the_last_bit(artifact, pruned):
    import tensorflow as tf

    _, values = pruned
    exported = {v.name: v.numpy() for v in tf.saved_model.load(str(artifact)).variables}
    for layer in PRUNED:
        expected = values[f"{layer}/weights"] * values[f"{layer}/mask"]
        assert 0.6 < np.mean(expected == 0) < 0.8
        np.testing.assert_array_equal(exported[f"{layer}/weights:0"], expected)
    name = "MobilenetV1/Conv2d_0/weights"
    np.testing.assert_array_equal(exported[f"{name}:0"], values[name])


def test_the_record_says_what_was_pruned_and_ignored(artifact):
    record = Record.read(artifact)
    assert record.variables.masked == 2
    assert record.variables.ignored == (SQUEEZE,)
    assert record.variables.left_over == ()
    assert record.source.ignore_leftover == "/squeeze_excite/"
    assert "--ignore_leftover=/squeeze_excite/" in record.command
    assert "ignore_leftover" in record.identity.fields


def test_the_source_of_the_proof_refuses_and_masks_by_itself(pruned):
    prefix, values = pruned
    subject = Subject(SMALL, "feature_vector", NetworkOptions(**OPTIONS))
    with pytest.raises(CheckpointError, match=f"the network does not have: {SQUEEZE}\n"):
        SourceNetwork(subject, Source(str(prefix), "auto"), is_training=False)
    source = Source(str(prefix), "auto", "/squeeze_excite/")
    network = SourceNetwork(subject, source, is_training=False)
    assert network.ignored == IGNORED
    weights = f"{PRUNED[0]}/weights"
    expected = values[weights] * values[f"{PRUNED[0]}/mask"]
    np.testing.assert_array_equal(network.values()[weights], expected)


def test_an_export_is_refused_and_leaves_nothing(pruned, tmp_path):
    request = export.Request(SMALL, str(pruned[0]), str(tmp_path / "out"), proof="none", **OPTIONS)
    with pytest.raises(CheckpointError, match="layers that the network does not have"):
        export.export(request)
    assert not (tmp_path / "out").exists()


def test_what_is_no_pattern_is_refused_before_any_work(tmp_path):
    words = [f"--checkpoint={tmp_path}", "--ignore_leftover=("]
    for command in (["export", SMALL, f"--output={tmp_path / 'out'}"], ["verify", str(tmp_path)]):
        finished = run_light(*command, *words)
        assert finished.returncode == 2
        assert "slimhub: --ignore_leftover is not a regular expression: '('" in finished.stderr


def test_verify_takes_the_pattern_with_a_checkpoint_alone(tmp_path):
    with pytest.raises(RequestError, match="`ignore_leftover`: also name the checkpoint"):
        verify(tmp_path, ignore_leftover="/gamma$")


def made():
    """The JSON of a record of an export that ignored a layer."""
    content = records.make(ignore_leftover="/se/").to_json()
    content["variables"] |= {"ignored": ["MobilenetV3/se/w"], "masked": 3}
    return Record.from_json(content)


def test_a_record_without_these_fields_reads_as_none():
    old = Record.from_json(json.loads(records.make().text()))
    assert old.source.ignore_leftover is None
    assert old.variables.ignored is None
    assert old.variables.masked is None
    assert "ignore" not in records.make().text()


def test_a_record_with_them_is_the_same_after_writing_and_reading():
    assert Record.from_json(json.loads(made().text())) == made()


def test_verify_says_what_the_record_ignored():
    (check,) = proof_server._ignored(made())
    assert check.line() == (
        "not run  variables  layers that the network does not have: ignored at your own risk: "
        "1 tensor, /se/"
    )


def test_the_page_says_what_was_ignored_and_pruned():
    handle = Handle.parse("google/imagenet/net/feature_vector/5")
    text = page.render(made(), handle)
    assert "| layers ignored at the publisher's risk | 1 tensor, `/se/` |" in text
    assert "| pruned | 3 variables: weights times mask |" in text
    plain = page.render(records.make(), handle)
    assert "ignored" not in plain
    assert "pruned" not in plain
