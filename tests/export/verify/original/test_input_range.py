"""Scaling of images, read off small graphs of nothing else."""

import pytest
import tensorflow.compat.v1 as tf

from slimhub import nets
from slimhub.export.verify.original import input_range
from slimhub.export.verify.original.graph_nodes import GraphNodes
from tests.export.verify.original.conftest import NETWORK


def compare(scale, dtype=tf.float32, **options):
    with tf.Graph().as_default() as graph:
        images = tf.cast(tf.placeholder(dtype, [None, 8, 8, 3]), tf.float32)
        tf.identity(scale(images), name="feed")
    spec = nets.get(NETWORK).customized(**options)
    return input_range.compare(GraphNodes(graph.as_graph_def()), "feed", spec, {})


def test_a_curve_with_the_same_black_and_white_is_seen():
    is_same, said = compare(lambda x: tf.clip_by_value(x / 255, 1e-9, 1) ** 2.2 * 2 - 1, tf.uint8)
    assert not is_same
    assert "pixels of 0.6 become -0.35, in the network 0.2" in said


def test_a_range_without_finite_values_is_none():
    """Of the ranges that are tried one has negative values, which have no root."""
    assert compare(lambda x: tf.sqrt(x) ** 2 * 2 - 1) == (
        True,
        "scales images like the network",
    )


@pytest.mark.parametrize("scaling", ["mean_rgb", "per_image"])
def test_a_clip_of_floats_does_not_name_a_scaling(scaling):
    is_same, said = compare(lambda x: tf.clip_by_value(x, -1.0, 1.0), input_scaling=scaling)
    assert not is_same
    assert "input_scaling" not in said
    _, said = compare(lambda x: tf.clip_by_value(x * 2 - 1, -1.0, 1.0), input_scaling=scaling)
    assert said.endswith("; that is `input_scaling=symmetric`")


def test_where_no_range_is_finite_nothing_is_shown():
    assert compare(lambda x: tf.log(x - 1000)) == (True, input_range.NOT_SHOWN)


@pytest.mark.parametrize("dtype", [tf.uint8, tf.int32])
def test_bytes_are_scaled_to_the_last_digit(dtype):
    assert compare(lambda x: x / 127.5 - 1, dtype)[1] == "scales images like the network"


MEAN = (123.68, 116.78, 103.94)
SCALINGS = {
    "mean_rgb": lambda x: x - MEAN,
    "mean_bgr": lambda x: x[..., ::-1] - MEAN[::-1],
    "unit": lambda x: x / 255,
    "raw255": lambda x: x * 1.0,
    "per_image": tf.image.per_image_standardization,
}


@pytest.mark.parametrize("name", SCALINGS)
def test_another_scaling_is_named_and_passes_once_it_is_chosen(name):
    is_same, said = compare(SCALINGS[name], tf.uint8)
    assert not is_same
    assert said.endswith(f"; that is `input_scaling={name}`")
    assert compare(SCALINGS[name], tf.uint8, input_scaling=name) == (
        True,
        "scales images like the network",
    )


def test_only_the_deviation_of_an_image_is_not_enough():
    """Images of one color become zero here as well."""
    is_same, said = compare(
        lambda x: x - tf.reduce_mean(x, [1, 2, 3], keepdims=True),
        tf.uint8,
        input_scaling="per_image",
    )
    assert not is_same
    assert said == "does not scale each image by its own mean and deviation"
