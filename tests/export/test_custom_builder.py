"""What a user's own builder may do wrong gets one clear message."""

import dataclasses

import pytest
import tf_slim as slim

from slimhub import export
from slimhub.export import exporter
from slimhub.nets import NetworkSpec
from slimhub.nets.layers import trunk


def layers(spec, images, endpoints):
    return slim.conv2d(images, 8, 3, stride=2, scope="only")


def build(spec, images, **options):
    return trunk.build(layers, spec, images, **options)


def fail(spec, images, **options):
    raise KeyError("no such layer")


SPEC = NetworkSpec(
    name="mine",
    scope="Mine",
    builder=build,
    image_size=32,
    feature_depth=8,
    reference="mine:SPEC",
)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"builder": fail}, "KeyError: 'no such layer'"),
        ({"feature_depth": 9}, "the feature_vector has width 8, but the spec says 9"),
        (
            {"builder": lambda spec, images, **options: {}},
            "the network has no endpoint 'global_pool'",
        ),
        ({"builder": print}, "TypeError"),
    ],
)
def test_a_bad_builder_is_refused(changes, message):
    spec = dataclasses.replace(SPEC, **changes)
    with pytest.raises(export.ExportError, match="cannot build mine:SPEC: ") as refusal:
        exporter._build(spec, "feature_vector")
    assert message in str(refusal.value)


def test_a_good_one_is_built():
    built = exporter._build(SPEC, "feature_vector")
    assert built.inference.structured_outputs["default"].shape == (None, 8)
