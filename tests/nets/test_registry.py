"""The list of networks, and what is stored of them."""

import gzip
import json
import re

import pytest
import tensorflow as tf

from scripts.sweep import of_one_size
from slimhub import nets
from slimhub.nets.catalogue import stored
from slimhub.nets.layers import trunk
from slimhub.nets.layers.plain_variables import plain_variables
from tests.fixtures import support

V3_FIGURES = {  # trainable parameters with and without logits, millions
    "mobilenet_v3_large_100_224": (5.484, 4.202),
    "mobilenet_v3_large_075_224": (3.995, 2.713),
    "mobilenet_v3_large_minimalistic_100_224": (3.926, 2.643),
    "mobilenet_v3_small_100_224": (2.544, 1.518),
    "mobilenet_v3_small_075_224": (2.043, 1.017),
    "mobilenet_v3_small_minimalistic_100_224": (2.046, 1.020),
}

CELLS = {  # the papers' parameters with logits and multiply-adds, millions
    "nasnet_mobile": (5.3, 564),
    "nasnet_large": (88.9, 23_800),
    "nasnet_cifar": (3.3, None),  # its paper has no multiply-adds for CIFAR
    "pnasnet_mobile": (5.1, 588),
    "pnasnet_large": (86.1, 25_000),
}


@pytest.mark.parametrize("name", CELLS)
def test_networks_of_cells_are_as_large_as_the_papers_say(name):
    parameters, macs = CELLS[name]
    # Given with one decimal.
    assert nets.count_parameters(name)["trainable"] / 1e6 == pytest.approx(parameters, rel=0.015)
    assert macs is None or nets.count_macs(name) / 1e6 == pytest.approx(macs, rel=0.01)


def test_networks_of_other_sizes_have_the_same_variables():
    families = ("inception", "resnet", "vgg", "*nasnet", "xception")
    families += ("alexnet", "overfeat", "cifarnet", "lenet")
    others = sum(len(nets.names(f"{family}*")) for family in families)
    assert len(of_one_size()) == 8 + 6 + 4 + others
    for name in nets.names("mobilenet_v[12]_*"):
        multiplier, size = name.split("_")[2:]
        others = nets.names(f"{name.removesuffix(size)}*")
        assert len({repr(stored.variables(other)) for other in others}) == 1, multiplier


@support.needs_reference
def test_stored_variables_are_those_of_the_original():
    tables = json.loads(gzip.decompress((support.REFERENCE / "variables.json.gz").read_bytes()))
    names = sorted(set(tables) & set(nets.names()))
    assert len(names) == 46
    for name in names:
        auxiliary = re.compile(nets.get(name).auxiliary or "$^")
        original = {
            variable: tuple(shape)
            for variable, shape in tables[name]["variables"]
            if not auxiliary.search(variable)
        }
        assert stored.variables(name) == original, name
        assert nets.get(name).image_size == tables[name]["size"]


def test_every_published_mobilenet_is_there():
    v2 = [f"mobilenet_v2_{m}_{s}" for m in ("035", "050", "075", "100") for s in (96, 128, 160)]
    v2 += [f"mobilenet_v2_{m}_{s}" for m in ("035", "050", "075", "100") for s in (192, 224)]
    v2 += ["mobilenet_v2_130_224", "mobilenet_v2_140_224"]
    v1 = [f"mobilenet_v1_{m}_{s}" for m in ("025", "050", "075", "100") for s in (128, 160, 192)]
    v1 += [f"mobilenet_v1_{m}_224" for m in ("025", "050", "075", "100")]
    assert sorted(nets.names("mobilenet_v2_*")) == sorted(v2)
    assert sorted(nets.names("mobilenet_v1_*")) == sorted(v1)


def test_public_checkpoints_are_named_as_in_their_archives():
    assert nets.get("mobilenet_v2_100_96").checkpoint == (
        "mobilenet_v2_1.0_96/mobilenet_v2_1.0_96.ckpt"
    )
    assert nets.get("mobilenet_v1_075_160").checkpoint == (
        "mobilenet_v1_2018_02_22/mobilenet_v1_0.75_160/mobilenet_v1_0.75_160.ckpt"
    )


@pytest.mark.parametrize("name", V3_FIGURES)
def test_parameter_counts_are_the_published_ones(name):
    counts = nets.count_parameters(name)
    published = nets.get(name).published
    assert (published.parameters, published.parameters_headless) == V3_FIGURES[name]
    # Published to three decimals, of which the last is not always rounded to nearest.
    assert counts["trainable"] / 1e6 == pytest.approx(published.parameters, abs=1e-3)
    assert counts["headless"] / 1e6 == pytest.approx(published.parameters_headless, abs=1e-3)


def test_an_unknown_name_is_answered_with_the_nearest():
    with pytest.raises(nets.NetworkError, match="did you mean mobilenet_v3_small_075_224"):
        nets.get("mobilenet_v3_small_75_224")
    with pytest.raises(nets.NetworkError, match="run `slimhub list` to see all names"):
        nets.get("transformer")
    with pytest.raises(nets.NetworkError, match="contain it: mobilenet_v3_small_100_224, mob"):
        nets.get("small")
    with pytest.raises(nets.NetworkError, match="mean mobilenet_v3, as in mobilenet_v3_large_100"):
        nets.get("mobilnet_v3")


def test_names_match_a_pattern():
    assert nets.names("*edgetpu*") == ["mobilenet_edgetpu_100_224", "mobilenet_edgetpu_075_224"]
    assert len(nets.names()) == len(set(nets.names()))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"depth_multiplier": 0.0}, "`depth_multiplier` must be between"),
        ({"depth_multiplier": float("nan")}, "`depth_multiplier` must be between"),
        ({"num_classes": 0}, "`num_classes` must be between"),
        ({"image_size": 31}, "`image_size` must be between 32"),
        ({"feature_depth": -1}, "`feature_depth` must be between"),
    ],
)
def test_options_out_of_range_are_refused(options, message):
    with pytest.raises(nets.NetworkError, match=message):
        nets.get("mobilenet_v3_small_075_224").customized(**options)


def test_networks_without_multiplier_refuse_one():
    spec = nets.get("resnet_v2_50")
    assert spec.customized(depth_multiplier=1.0) is spec
    with pytest.raises(
        nets.NetworkError, match="does not apply to resnet_v2_50, which has no depth multiplier"
    ):
        spec.customized(depth_multiplier=0.5)


def test_the_smallest_image_is_the_networks_own():
    with pytest.raises(nets.NetworkError, match="`image_size` must be between 75 and"):
        nets.get("inception_v3").customized(image_size=74)
    assert nets.get("inception_v1").customized(image_size=32).image_size == 32


def test_narrow_networks_keep_the_full_feature_layer():
    small = nets.get("mobilenet_v3_small_100_224")
    assert small.customized(depth_multiplier=0.5).feature_depth == 1024
    assert small.customized(depth_multiplier=1.5).feature_depth == 1536
    assert small.customized(depth_multiplier=0.5, feature_depth=512).feature_depth == 512


def test_own_classes_have_no_background_class():
    spec = nets.get("mobilenet_v3_small_100_224")
    assert spec.has_background
    assert not spec.customized(num_classes=10).has_background
    assert spec.customized() is spec


def test_fits_name_the_network_and_its_classes():
    shapes = stored.variables("mobilenet_v3_large_075_224")
    assert [str(fit) for fit in nets.find_fits(shapes)] == [
        "mobilenet_v3_large_075_224, with 1001 classes"
    ]
    headless = {name: shape for name, shape in shapes.items() if "/Logits/" not in name}
    assert [fit.num_classes for fit in nets.find_fits(headless)] == [None]
    headless.pop("MobilenetV3/Conv/weights")
    (closest,) = nets.find_fits(headless)
    assert str(closest) == (
        "mobilenet_v3_large_075_224 is the closest match: 263 of its 264 variables match"
    )
    assert nets.find_fits({"dense/kernel": (3, 4)}) == []


def test_the_closest_is_found_by_names_before_shapes():
    own_widths = dict.fromkeys(stored.variables("mobilenet_v3_small_100_224"), (3,))
    (closest,) = nets.find_fits(own_widths)
    assert closest.network.startswith("mobilenet_v3_small_")
    assert "all its 208 variables are there by name, 0 of them with the same shape" in str(closest)


def of_each_family():
    return {nets.get(name).family: name for name in reversed(nets.names())}.values()  # first ones


@pytest.mark.parametrize("name", of_each_family())
def test_building_gives_the_features_and_classes_asked_for(name):
    size = max(64, nets.get(name).smallest_image)
    spec = nets.get(name).customized(num_classes=7, image_size=size)
    with tf.Graph().as_default(), plain_variables():
        images = tf.compat.v1.placeholder(tf.float32, [None, size, size, 3])
        endpoints = trunk.build_network(
            spec, images, num_classes=7, is_training=False, batch_norm_momentum=0.0
        )
    flat = [] if spec.features_are_flat else [1, 1]
    features = endpoints[spec.feature_endpoint].shape.as_list()
    assert features == [None, *flat, spec.feature_depth]
    logits = endpoints[spec.logits_endpoint].shape.as_list()
    assert logits == ([None, 7] if spec.logits_are_flat else [None, 1, 1, 7])
