"""Networks that end before their own last layer: the backbones of detectors and the like."""

import re

import numpy as np
import pytest
import tensorflow as tf

from slimhub import export, nets
from slimhub.export import backbones, trained_options
from slimhub.export.verify.proof import ORIGINAL_GRAPH
from slimhub.export.verify.subject import Subject
from slimhub.nets import NetworkOptions, last_layers
from slimhub.nets.catalogue import stored
from slimhub.publish import Handle
from slimhub.publish.pages import page
from tests.fixtures import plain_mobilenet, support

NETWORK = plain_mobilenet.NETWORK
LAST = "Conv2d_11_pointwise"
IMAGES = np.random.RandomState(0).randint(0, 256, (2, 32, 32, 3)).astype(np.uint8)


def export_it(folder, network, **options):
    request = export.Request(
        network, str(folder), str(folder / "artifact"), image_size=32, **options
    )
    made = export.export(request)
    (check,) = [check for check in made.proof.checks if check.name == ORIGINAL_GRAPH]
    assert check.outcome == "passed", check.detail
    loaded = tf.saved_model.load(str(made.output))
    return made, loaded, loaded((IMAGES / np.float32(255)).astype(np.float32)).numpy()


@pytest.fixture(scope="module")
def backbone(tmp_path_factory):
    """A checkpoint and a graph that end with a layer in the middle, exported as `auto`."""
    folder = tmp_path_factory.mktemp("backbone")
    wanted = plain_mobilenet.write(folder / "model.ckpt-1", IMAGES, pairs=11)
    return *export_it(folder, "auto", proof="quick"), wanted


def test_a_backbone_is_found_and_has_the_features_of_plain_operations(backbone):
    made, _, found, wanted = backbone
    assert f"its shapes are those of `last_layer={LAST}`" in made.network_choice
    assert support.relative_difference(found, wanted) < 1e-5
    assert not made.proof.failed
    network = made.record.network
    assert (network.last_layer, network.feature_depth, found.shape[1]) == (LAST, 128, 128)
    spec = nets.get(network.name).customized(NetworkOptions.of_record(network.settings()))
    assert (spec.last_layer, spec.feature_depth) == (LAST, 128)


def test_nothing_is_there_behind_it(backbone):
    made, loaded, _, _ = backbone
    shapes = nets.stored_variables(NETWORK)
    wanted = [n for n in shapes if "/Conv2d_12" not in n and "/Conv2d_13" not in n]
    wanted = [name for name in wanted if "/Logits/" not in name]
    assert sorted(v.name.removesuffix(":0") for v in loaded.variables) == sorted(wanted)
    named = list(made.record.figures.endpoints)
    assert named[-2:] == [f"MobilenetV1/{LAST}", "MobilenetV1/AvgPool_1a"]


def test_the_page_states_it(backbone):
    made, _, _, _ = backbone
    text = page.render(made.record, Handle.parse("me/net/feature_vector/1"))
    assert r"last layer Conv2d\_11\_pointwise" in text
    assert "in place of None" not in text


def test_a_whole_network_may_end_earlier(tmp_path, backbone):
    """Its own graph goes on behind the layer, and agrees up to there."""
    plain_mobilenet.write(tmp_path / "model.ckpt-1", IMAGES)
    made, _, found = export_it(tmp_path, NETWORK, last_layer=LAST, proof="quick")
    assert np.array_equal(found, backbone[2])  # values depend on the names of variables alone
    (reason,) = made.record.variables.left_over_expected
    assert made.record.variables.left_over_expected[reason] == 2 * 2 * 5
    assert made.record.variables.left_over == ()


def test_averages_of_what_is_behind_it_are_left_over():
    subject = Subject(NETWORK, "feature_vector", NetworkOptions(last_layer=LAST))
    behind = "MobilenetV1/Conv2d_12_depthwise/depthwise_weights"
    for name in (behind, f"{behind}/ExponentialMovingAverage"):
        assert any(re.search(p, name) for p in subject.expectations(None).patterns)
    strange = f"{behind}_2", "MobilenetV1/Conv2d_12_depthwise/squeeze/weights"
    for name in strange:
        assert not any(re.search(p, name) for p in subject.expectations(None).patterns)


@pytest.mark.parametrize(
    ("network", "last", "width"),
    [
        ("mobilenet_v2_100_224", "layer_15", 160),
        ("inception_v3", "Mixed_6e", 768),
        ("resnet_v1_50", "block3", 1024),
        ("vgg_16", "conv5/conv5_3", 512),
    ],
)
def test_its_width_is_known_without_building_it(network, last, width):
    spec = nets.get(network).customized(last_layer=last)
    assert spec.output_width("feature_vector") == width
    assert not nets.has_stored_layers(spec)


@pytest.mark.parametrize(
    ("network", "behind", "last"),
    [
        # A pooling of the same variables is behind the first, and another name for the second.
        ("inception_v1", ("Mixed_4", "Mixed_5", "Logits"), "Mixed_3c"),
        ("resnet_v1_50", ("block4", "logits"), "block3"),
    ],
)
def test_the_layer_is_found_in_other_families(network, behind, last):
    shapes = nets.stored_variables(network)
    there = {n: s for n, s in shapes.items() if not any(part in n for part in behind)}
    there["detector/weights"] = (1, 1, 8, 8)
    fits, options = trained_options.find(there, NetworkOptions())
    assert network in [fit.network for fit in fits]
    assert options.given() == {"last_layer": last}
    hole = {name: shape for name, shape in there.items() if name != next(iter(there))}
    assert backbones.find(hole, None) is None


def test_another_layer_than_the_one_that_was_asked_for_is_not_found(backbone):
    shapes = {v.name.removesuffix(":0"): tuple(v.shape) for v in backbone[1].variables}
    assert backbones.find(shapes, LAST)[1].given() == {"last_layer": LAST}
    assert backbones.find(shapes, "Conv2d_10_pointwise") is None


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"last_layer": "layer_4"}, "cannot end with `last_layer=layer_4`: it must be an endpoint"),
        ({"last_layer": "AvgPool_1a"}, "such as Conv2d_"),
        ({"last_layer": "foo", "feature_depth": 64}, "cannot end with `last_layer=foo`"),
        (
            {"last_layer": LAST, "depth_multiplier": 0.5},
            "also pass their number as `feature_depth`",
        ),
        (
            {"last_layer": "Conv2d_5_pointwise", "output_stride": 16},
            "`last_layer=Conv2d_5_pointwise`, which is at a stride of 8: leave it out",
        ),
    ],
)
def test_layers_that_it_cannot_end_with_are_refused(options, said):
    with pytest.raises(nets.NetworkError) as refused:
        nets.get(NETWORK).customized(**options)
    assert said in str(refused.value)


def test_an_output_stride_that_is_reached_is_kept():
    spec = nets.get(NETWORK).customized(last_layer="Conv2d_11_pointwise", output_stride=8)
    assert spec.output_stride == 8  # in place of 16
    for name in filter(lambda name: nets.get(name).can_be_dilated, nets.names()):
        shapes = stored.endpoint_shapes(name)
        maps = [key for key, shape in shapes.items() if len(shape) == 3 and shape[0] > 1]
        assert {last_layers.stride_of(name, key) for key in maps} == {2, 4, 8, 16, 32}


def test_a_step_inside_a_layer_is_not_an_end():
    with pytest.raises(nets.NetworkError, match="not a step inside a layer, such as layer_4"):
        nets.get("mobilenet_v2_100_224").customized(last_layer="layer_4/expansion_output")


def test_logits_come_after_the_own_end():
    request = export.Request(NETWORK, "c", "o", task="classification", last_layer=LAST)
    with pytest.raises(export.RequestError, match="`last_layer` needs `task=feature_vector`"):
        request.check()


def test_the_width_that_is_given_must_be_right(tmp_path, synthetic_checkpoint):
    request = export.Request(
        NETWORK,
        str(synthetic_checkpoint(NETWORK)),
        str(tmp_path / "artifact"),
        proof="none",
        last_layer=LAST,
        feature_depth=64,
    )
    with pytest.raises(export.ExportError, match="has width 128, but the spec says 64"):
        export.export(request)
