"""LeNet and CifarNet, written a second time with TensorFlow's own operations."""

import pytest
import tensorflow as tf

from slimhub import nets
from tests.fixtures import support

RELATIVE = 1e-5


def full(net, scope, width, activation=tf.nn.relu):
    kernel = support.synthetic_value(f"{scope}/weights", (net.shape[-1], width))
    return activation(net @ kernel + support.synthetic_value(f"{scope}/biases", (width,)))


def convolution(net, scope, width):
    kernel = support.synthetic_value(f"{scope}/weights", (5, 5, net.shape[-1], width))
    biases = support.synthetic_value(f"{scope}/biases", (width,))
    return tf.nn.relu(tf.nn.conv2d(net, kernel, 1, "SAME") + biases)


def pooled(net):
    return tf.nn.max_pool2d(net, 2, 2, "VALID")


def normalized(net):
    """Each value by the squares of its own and the four next channels on either side."""
    squares = tf.pad(net**2, [[0, 0], [0, 0], [0, 0], [4, 4]])
    neighbors = sum(squares[..., i : i + net.shape[-1]] for i in range(9))
    return net / (1 + 0.001 / 9 * neighbors) ** 0.75


def flattened(net):
    return tf.reshape(net, [len(net), -1])


def lenet(images):
    net = (images * 255 - 128) / 128
    for i, width in ((1, 32), (2, 64)):
        net = pooled(convolution(net, f"LeNet/conv{i}", width))
    net = full(flattened(net), "LeNet/fc3", 1024)
    return net, full(net, "LeNet/fc4", 10, tf.identity)


def cifarnet(images):
    net = tf.image.per_image_standardization(images * 255)
    net = normalized(pooled(convolution(net, "CifarNet/conv1", 64)))
    net = pooled(normalized(convolution(net, "CifarNet/conv2", 64)))
    net = full(full(flattened(net), "CifarNet/fc3", 384), "CifarNet/fc4", 192)
    return net, full(net, "CifarNet/logits", 10, tf.identity)


@pytest.mark.parametrize("second", [lenet, cifarnet])
@pytest.mark.parametrize("size", [None, 13])
def test_a_second_writing_gives_the_same(second, size):
    spec = nets.get(second.__name__).customized(image_size=size)
    batch = support.images(2, spec.image_size)[..., : spec.channels]
    network = support.SourceNetwork(spec, spec.num_classes)
    found = network.run([network.feature, network.endpoints["Logits"]], batch)
    for actual, expected in zip(found, second(batch), strict=True):
        assert support.relative_difference(actual, expected) < RELATIVE


def test_they_are_as_large_as_published():
    # With one channel, as in TensorFlow's tutorial on MNIST.
    assert nets.count_parameters("lenet")["trainable"] == 3_274_634
    # As in its tutorial on CIFAR-10, whose images have 24 pixels after a crop.
    cropped = nets.count_parameters("cifarnet")["trainable"] - (8**2 - 6**2) * 64 * 384
    assert cropped == 1_068_298


def test_only_full_layers_of_cifarnet_are_regularized():
    spec = nets.get("cifarnet")
    regularized = [n for n in nets.stored_variables("cifarnet") if spec.is_regularized(n)]
    assert regularized == ["CifarNet/fc3/weights", "CifarNet/fc4/weights"]
    assert nets.get("lenet").weight_decay == 0


@pytest.mark.parametrize("name", ["lenet", "cifarnet"])
def test_digits_and_objects_have_no_names_of_imagenet(name):
    from slimhub.export import labels

    assert labels.choose(None, "classification", nets.get(name)) is None


def test_dropout_is_where_the_original_has_it():
    for name, dropped, kept in (("lenet", "dropout3", 0.5), ("cifarnet", "fc4", 1.0)):
        spec = nets.get(name).customized(image_size=32)
        batch = support.images(2, 32)[..., : spec.channels]
        network = support.SourceNetwork(spec, 10, is_training=True)
        first, second = (network.run(network.endpoints[dropped], batch) for _ in range(2))
        assert (first != second).any()
        assert spec.dropout_keep == kept
