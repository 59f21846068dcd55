"""Strides and feature pyramid levels of endpoints."""

import pytest

from slimhub import nets

# With the widths that detectors and segmenters on these networks are known to take in.
LEVELS = {
    "mobilenet_v1_100_224": {
        "C2": ("Conv2d_3_pointwise", 128),
        "C3": ("Conv2d_5_pointwise", 256),
        "C4": ("Conv2d_11_pointwise", 512),
        "C5": ("Conv2d_13_pointwise", 1024),
    },
    "mobilenet_v2_100_224": {
        "C2": ("layer_4", 24),
        "C3": ("layer_7", 32),
        "C4": ("layer_14", 96),
        "C5": ("layer_19", 1280),
    },
    "mobilenet_v3_large_100_224": {
        "C2": ("layer_4", 24),
        "C3": ("layer_7", 40),
        "C4": ("layer_13", 112),
        "C5": ("layer_17", 960),
    },
    # TF-Slim's blocks stride in their last unit, so the unit before has the wanted map.
    "resnet_v1_50": {
        "C2": ("block1/unit_2/bottleneck_v1", 256),
        "C3": ("block2/unit_3/bottleneck_v1", 512),
        "C4": ("block3/unit_5/bottleneck_v1", 1024),
        "C5": ("block4", 2048),
    },
    "inception_v3": {
        "C2": ("Conv2d_4a_3x3", 192),
        "C3": ("Mixed_5d", 288),
        "C4": ("Mixed_6e", 768),
        "C5": ("Mixed_7c", 2048),
    },
    "vgg_16": {
        "C2": ("conv3/conv3_3", 256),
        "C3": ("conv4/conv4_3", 512),
        "C4": ("conv5/conv5_3", 512),
        "C5": ("pool5", 512),
    },
}


OF_SMALL_IMAGES = {"lenet": 4, "cifarnet": 4, "nasnet_cifar": 4}  # strides of the last maps


@pytest.mark.parametrize("name", LEVELS)
def test_levels_are_where_feature_pyramids_take_them(name):
    endpoints = [e for e in nets.describe_endpoints(name) if e.level is not None]
    assert {e.level: (e.name, e.shape[-1]) for e in endpoints} == LEVELS[name]
    assert [e.stride for e in endpoints] == [4, 8, 16, 32]


@pytest.mark.parametrize("name", nets.names())
def test_strides_grow_and_end_with_the_pooling(name):
    strides = [e.stride for e in nets.describe_endpoints(name)]
    maps = [stride for stride in strides if stride is not None]
    assert strides[: len(maps)] == maps
    assert maps == sorted(maps)
    assert set(maps) <= {1, 2, 4, 8, 16, 32}
    assert maps[-1] == OF_SMALL_IMAGES.get(name, 32)


def test_maps_without_padding_have_the_nearest_stride():
    strides = {e.shape[0]: e.stride for e in nets.describe_endpoints("inception_v3")}
    assert strides == {149: 2, 147: 2, 73: 4, 71: 4, 35: 8, 17: 16, 8: 32, 1: None, 1001: None}


def test_steps_inside_a_block_are_told_apart():
    inner = {e.name: e.is_inner for e in nets.describe_endpoints("mobilenet_v3_small_100_224")}
    assert inner["layer_3/expansion_output"]
    assert not inner["layer_3"]
    assert not any(e.is_inner for e in nets.describe_endpoints("vgg_16"))


def test_a_level_without_a_map_has_no_endpoint():
    levels = [e.level for e in nets.describe_endpoints("nasnet_mobile") if e.level]
    assert levels == ["C3", "C4", "C5"]
