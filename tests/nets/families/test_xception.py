"""Xception, written a second time with TensorFlow's own operations."""

import pytest
import tensorflow as tf

from slimhub import nets
from tests.fixtures import support

pytestmark = pytest.mark.usefixtures("freed")
SCOPE = "xception_71"  # has every kind of block
SIZE = 40
RELATIVE = 1e-5
FIGURES = {  # millions of parameters and multiply-adds, by timm's model cards
    "xception_41": (27.0, 9_280),
    "xception_65": (39.9, 13_960),
    "xception_71": (42.3, 18_090),
}


def value(name, *shape):
    return support.synthetic_value(f"{SCOPE}/{name}", shape)


def norm(net, scope):
    beta, gamma, mean, variance = (
        value(f"{scope}/BatchNorm/{leaf}", net.shape[-1])
        for leaf in ("beta", "gamma", "moving_mean", "moving_variance")
    )
    return tf.nn.batch_normalization(net, mean, variance, beta, gamma, 0.001)


def conv(net, scope, width, size, step=1):
    """With a step, takes every other position of what a step of 1 gives: nothing is shifted."""
    kernel = value(f"{scope}/weights", size, size, net.shape[-1], width)
    return norm(tf.nn.conv2d(net, kernel, 1, "SAME")[:, ::step, ::step], scope)


def depthwise(net, scope, step):
    kernel = value(f"{scope}/depthwise_weights", 3, 3, net.shape[-1], 1)
    every = tf.nn.depthwise_conv2d(net, kernel, [1, 1, 1, 1], "SAME")
    return norm(every[:, ::step, ::step], scope)


def same(net):
    return net


def module(net, scope, widths, step=1, *, before=tf.nn.relu, after=same):
    scope += "/xception_module/separable_conv"
    for number, width in enumerate(widths, 1):
        net = after(depthwise(before(net), f"{scope}{number}_depthwise", step ** (number == 3)))
        net = after(conv(net, f"{scope}{number}_pointwise", width, 1))
    return net


def with_shortcut(net, scope, widths, step):
    added = conv(net, f"{scope}/xception_module/shortcut", widths[-1], 1, step)
    return added + module(net, scope, widths, step)


def second(images):
    net = tf.nn.relu(conv(images, "entry_flow/conv1_1", 32, 3, 2))
    net = tf.nn.relu(conv(net, "entry_flow/conv1_2", 64, 3))
    for number, (width, step) in enumerate([(128, 2), (256, 1), (256, 2), (728, 1), (728, 2)], 1):
        net = with_shortcut(net, f"entry_flow/block{number}/unit_1", [width] * 3, step)
    for number in range(1, 17):
        net = net + module(net, f"middle_flow/block1/unit_{number}", [728] * 3)
    net = with_shortcut(net, "exit_flow/block1/unit_1", [728, 1024, 1024], 2)
    widths = [1536, 1536, 2048]
    return module(net, "exit_flow/block2/unit_1", widths, before=same, after=tf.nn.relu)


def test_a_second_writing_gives_the_same_features():
    batch = support.images(2, SIZE)
    expected = tf.reduce_mean(second(batch * 2 - 1), [1, 2])
    network = support.SourceNetwork(nets.get(SCOPE).customized(image_size=SIZE), None)
    found = network.run(network.feature, batch)
    assert support.relative_difference(found, expected) < RELATIVE


@pytest.mark.parametrize("name", FIGURES)
def test_they_are_as_large_as_others_count(name):
    parameters, macs = FIGURES[name]
    assert nets.count_parameters(name)["trainable"] / 1e6 == pytest.approx(parameters, rel=2e-3)
    assert nets.count_macs(name) / 1e6 == pytest.approx(macs, rel=0.01)  # theirs with batch norms


def test_shallower_ones_have_the_same_layers():
    def layers(name):
        return {n.removeprefix(f"{name}/"): s for n, s in nets.stored_variables(name).items()}

    whole = layers("xception_65")
    assert layers("xception_41").items() <= whole.items()
    more = {name.split("/")[2] for name in whole.keys() - layers("xception_41").keys()}
    assert more == {f"unit_{number}" for number in range(9, 17)}
    common = {n: s for n, s in whole.items() if not n.startswith("entry_flow/block")}
    assert common.items() <= layers("xception_71").items()
