"""Options are worked out from shapes, and are those that give them."""

import pytest

from slimhub.export import trained_options
from slimhub.export.verify.reference import source_network
from slimhub.export.verify.subject import Subject
from slimhub.nets.catalogue import stored
from slimhub.nets.options import NetworkOptions


def shapes_of(network, **options):
    return source_network.shapes(Subject(network, "classification", NetworkOptions(**options)))


@pytest.mark.parametrize(
    ("network", "options"),
    [
        ("mobilenet_v1_100_224", {"depth_multiplier": 0.375, "num_classes": 6}),
        ("mobilenet_v2_100_224", {"depth_multiplier": 0.6, "feature_depth": 640}),
        ("mobilenet_v2_100_224", {"feature_depth": 256}),
        ("mobilenet_v3_large_100_224", {"depth_multiplier": 1.25, "num_classes": 2}),
        ("inception_v3", {"depth_multiplier": 0.5}),
    ],
)
def test_options_are_worked_out(network, options):
    fits, found = trained_options.work_out(shapes_of(network, **options), NetworkOptions())
    assert network in [fit.network for fit in fits]
    assert found.given() == options


def test_a_multiplier_of_the_same_shapes_may_be_simpler():
    """Widths are multiples of 8, so that 0.601 and 0.6 are one network."""
    shapes = shapes_of("mobilenet_v2_100_224", depth_multiplier=0.601)
    _, found = trained_options.work_out(shapes, NetworkOptions())
    assert found.given() == {"depth_multiplier": 0.6}


def test_what_is_given_is_settled():
    shapes = shapes_of("mobilenet_v2_100_224", depth_multiplier=0.6)
    assert trained_options.work_out(shapes, NetworkOptions(depth_multiplier=0.7)) is None
    _, found = trained_options.work_out(shapes, NetworkOptions(depth_multiplier=0.601))
    assert found.depth_multiplier == 0.601


def test_one_layer_of_another_width_is_no_multiplier():
    shapes = shapes_of("mobilenet_v1_100_224", depth_multiplier=0.6)
    shapes["MobilenetV1/Conv2d_3_depthwise/depthwise_weights"] = (5, 5, 80, 1)
    assert trained_options.work_out(shapes, NetworkOptions()) is None


@pytest.mark.parametrize("network", ["resnet_v1_50", "nasnet_mobile"])
def test_networks_without_a_multiplier_have_none(network):
    shapes = dict(stored.variables(network)) | {"dense/kernel": (3, 4)}
    assert trained_options.work_out(shapes, NetworkOptions()) is None
    assert trained_options.work_out({"dense/kernel": (3, 4)}, NetworkOptions()) is None
